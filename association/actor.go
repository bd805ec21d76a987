package association

import (
	"slices"

	"cameo/storage"
	"cameo/storage/fault"
)

// Actor is who asks: a person with an active session. The zero Actor is a stranger.
type Actor struct {
	GUID        GUID
	Communities []storage.Community // in which the person is a member
	Admin       []storage.Community // in which the person administers; each counts as membership too
}

// Known says whether the actor is somebody.
func (a Actor) Known() bool { return a.GUID != "" }

// Administers says whether the actor may act for other people of c.
func (a Actor) Administers(c storage.Community) bool { return a.Known() && slices.Contains(a.Admin, c) }

// Member says whether the actor belongs to c.
func (a Actor) Member(c storage.Community) bool {
	return a.Known() && (slices.Contains(a.Communities, c) || slices.Contains(a.Admin, c))
}

// Enter is nil for members of c, Unauthenticated for strangers, and NotFound for everybody else: a community
// that is not one's own looks like one that does not exist.
func (a Actor) Enter(c storage.Community) error {
	switch {
	case !a.Known():
		return fault.New(fault.Unauthenticated, "a valid session is required")
	case !a.Member(c):
		return fault.New(fault.NotFound, "there is no such community")
	}
	return nil
}

// See is nil if the upload is the actor's own or of a community that the actor administers, else NotFound,
// with the very words for an upload that does not exist.
func (a Actor) See(u storage.Upload) error {
	if a.Administers(u.Community) || a.Member(u.Community) && u.Owner == a.GUID.Subject() {
		return nil
	}
	return storage.NoUpload()
}

// MayEdit is nil if the photo is the actor's own or of somebody in a community that the actor administers,
// else Forbidden.
func (a Actor) MayEdit(c storage.Community, person GUID) error {
	if a.Administers(c) || a.Member(c) && a.GUID == person {
		return nil
	}
	return fault.New(fault.Forbidden, "only an administrator of the community may change another person's photo")
}
