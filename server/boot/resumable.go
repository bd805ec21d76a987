package boot

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/server/resumable"
	"cameo/storage"
	"cameo/storage/fault"
)

// memberKey is where a request carries who makes it, from its beginning on.
const memberKey = "cameo.member"

// resumable makes the dialect of resumable uploads, and tells it what uploads are for.
func (n *Node) resumable(pace reply.Pace) *resumable.Handler {
	return resumable.New(resumable.Config{
		Engine: n.Engine, Auth: n.auth, Clock: n.machine.Clock, Pace: pace, Versions: n.config.Resumable,
		Member: func(c echo.Context, community storage.Community) (storage.Subject, error) {
			actor, err := n.member(c, community)
			c.Set(memberKey, actor)
			return actor.In(community).Subject(), err
		},
		May: func(c echo.Context, u storage.Upload) error {
			actor, _ := c.Get(memberKey).(association.Actor)
			return actor.See(u)
		},
		Begin:  n.beginResumable,
		Finish: n.finishResumable,
	})
}

// member returns who makes the request, a member of the community.
func (n *Node) member(c echo.Context, community storage.Community) (association.Actor, error) {
	actor, err := n.auth.Actor(c)
	if err == nil {
		err = cmp.Or(actor.Present(), actor.Enter(community))
	}
	if refused := reply.NoteActor(c, string(actor.GUID)); refused != nil {
		return actor, refused
	}
	return actor, err
}

// beginResumable is nil for a file that may become a photo. Whose photo it is to be is judged already: nobody
// shall send a file in vain. A type that was not declared is taken from the file's name.
func (n *Node) beginResumable(c echo.Context, u storage.New) (storage.New, error) {
	actor, _ := c.Get(memberKey).(association.Actor)
	u.Type = cmp.Or(u.Type, typeByName(u.Name))
	if !imaging.Accepted(u.Type) {
		return u, fault.New(fault.Unsupported, "image/jpeg, image/png, image/gif and image/webp are accepted").
			About("Content-Type").Because(string(imaging.NotAnImage))
	}
	person, asked, err := wanted(c.QueryParams())
	if err != nil || !asked {
		return u, err
	}
	return u, actor.MayEdit(u.Community, person)
}

// finishResumable associates a complete upload, if the query asks for that. Who asks is looked at again: much
// time may have passed since the request began.
func (n *Node) finishResumable(c echo.Context, u storage.Upload) error {
	person, asked, err := wanted(c.QueryParams())
	if err != nil || !asked {
		return err
	}
	actor, err := n.auth.Renew(c)
	if err != nil {
		return err
	}
	// The client may have gone when its last byte had arrived; what it asked for was all said by then.
	_, err = n.Photos.Associate(context.WithoutCancel(c.Request().Context()), actor, u.ID, person)
	return err
}

// wanted reads whose photo an upload is to become: objectId, with type=ProfilePhoto.
func wanted(query url.Values) (person association.GUID, asked bool, err error) {
	id, kind := query.Get("objectId"), query.Get("type")
	switch {
	case id == "" && kind == "":
		return "", false, nil
	case !strings.EqualFold(kind, "ProfilePhoto"):
		return "", false, fault.New(fault.Invalid, "type must be ProfilePhoto").About("type")
	}
	if person, err = association.ParseGUID(id); err != nil {
		return "", false, fault.New(fault.Invalid, "objectId must be a GUID").About("objectId")
	}
	return person, true, nil
}
