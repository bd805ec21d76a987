package association

import (
	"slices"

	"cameo/storage"
	"cameo/storage/fault"
)

// Actor is who asks: a person with an active session. The zero Actor is a stranger.
type Actor struct {
	GUID        GUID                // as a token or a session names the person
	Communities []storage.Community // in which the person is a member
	Admin       []storage.Community // in which the person administers; each counts as membership too

	// What the directory adds, see Service.Arrive.
	Disabled []storage.Community        // in which the person is shut out
	Merged   map[storage.Community]GUID // where the person goes by another GUID

	Address string         // the network address that asks, for the audit log; "" from a shell
	Session string         // the id of the session that this is; "" for a token
	Expires storage.Millis // until when what shows who it is may be believed; 0: unknown

	Shown *Actor // it before the directory added to it; nil: nobody has asked it
}

// Known says whether the actor is somebody.
func (a Actor) Known() bool { return a.GUID != "" }

// In is the GUID by which c knows the actor.
func (a Actor) In(c storage.Community) GUID {
	if other, ok := a.Merged[c]; ok {
		return other
	}
	return a.GUID
}

// Administers says whether the actor may act for other people of c.
func (a Actor) Administers(c storage.Community) bool {
	return a.Known() && slices.Contains(a.Admin, c) && !a.disabledIn(c)
}

// Member says whether the actor belongs to c.
func (a Actor) Member(c storage.Community) bool {
	return a.Known() && (slices.Contains(a.Communities, c) || slices.Contains(a.Admin, c)) && !a.disabledIn(c)
}

// Memberships are the communities to which the actor belongs, each once.
func (a Actor) Memberships() []storage.Community {
	every := slices.Concat(a.Communities, a.Admin)
	slices.Sort(every)
	return slices.DeleteFunc(slices.Compact(every), a.disabledIn)
}

// Present is nil for somebody, Unauthenticated for a stranger, and Forbidden for a person who is shut out of
// all their communities.
func (a Actor) Present() error {
	switch {
	case !a.Known():
		return fault.New(fault.Unauthenticated, "a valid session is required")
	case len(a.Disabled) > 0 && len(a.Memberships()) == 0:
		return errDisabled()
	}
	return nil
}

func (a Actor) disabledIn(c storage.Community) bool { return slices.Contains(a.Disabled, c) }

// Enter is nil for members of c, Unauthenticated for strangers, Forbidden for who is shut out, and NotFound
// for everybody else: a community that is not one's own looks like one that does not exist.
func (a Actor) Enter(c storage.Community) error { return a.May(EnterCommunity, c, "") }

// See is nil if the upload is the actor's own or of a community that the actor administers, else NotFound,
// with the very words for an upload that does not exist.
func (a Actor) See(u storage.Upload) error { return a.May(UseUpload, u.Community, GUID(u.Owner)) }

// MayEdit is nil if the photo is the actor's own or of somebody in a community that the actor administers,
// else Forbidden.
func (a Actor) MayEdit(c storage.Community, person GUID) error { return a.May(ChangePhoto, c, person) }
