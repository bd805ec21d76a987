package boot

import (
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/server/resumable"
	"cameo/server/tus"
	"cameo/storage"
	"cameo/storage/fault"
)

// uploads makes the dialect tus.
func (n *Node) uploads(pace reply.Pace) (*tus.Handler, error) {
	return tus.New(tus.Config{
		Engine: n.Engine, Auth: n.auth, Pace: pace, Public: n.config.public(),
		Begin: func(_ context.Context, a association.Actor, u storage.New) (storage.New, error) {
			return n.begin(a, u)
		},
		Finish: n.finish,
	})
}

// memberKey is where a request carries who makes it, from its beginning on.
const memberKey = "cameo.member"

// resumable makes the dialect of resumable uploads, and tells it what uploads are for.
func (n *Node) resumable(pace reply.Pace) *resumable.Handler {
	return resumable.New(resumable.Config{
		Engine: n.Engine, Auth: n.auth, Clock: n.machine.Clock, Pace: pace, Versions: n.config.Resumable,
		Public: n.config.public(), MaxPhoto: n.Photos.Limits.MaxPhoto,
		Member: func(c echo.Context, community storage.Community) (storage.Subject, error) {
			actor, err := n.member(c, community)
			c.Set(memberKey, actor)
			return actor.In(community).Subject(), err
		},
		May: func(c echo.Context, u storage.Upload) error {
			actor, _ := c.Get(memberKey).(association.Actor)
			return actor.See(u)
		},
		Begin: func(c echo.Context, u storage.New) (storage.New, error) {
			actor, _ := c.Get(memberKey).(association.Actor)
			return n.begin(actor, u)
		},
		Finish: n.finish,
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

// public is the first URL by which clients reach the service, "" when none is set.
func (c Config) public() string {
	if len(c.PublicURL) == 0 {
		return ""
	}
	return string(c.PublicURL[0])
}

// begin judges a creation of a dialect that knows nothing of people: the type of the file, and whose photo it
// is to be and how large a photo may be, so that nobody sends a file in vain. A type that was not declared is
// taken from the file's name.
func (n *Node) begin(a association.Actor, u storage.New) (storage.New, error) {
	if u.Partial { // it is no file, and nobody's photo
		u.Type, u.Wish = "", ""
		return u, nil
	}
	u.Type = cmp.Or(u.Type, typeByName(u.Name))
	switch reason := n.Photos.Formats().Refusal(u.Type); reason {
	case "":
	case imaging.UnsupportedFormat:
		return u, reason.Fault()
	default:
		return u, fault.New(fault.Unsupported, "image/jpeg, image/png, image/gif and image/webp are accepted; "+
			"the type is the declared one, or else by the end of the file's name").
			Because(string(reason))
	}
	if u.Wish == "" {
		return u, nil
	}
	person, err := association.ParseGUID(u.Wish)
	if err != nil {
		return u, err
	}
	u.Wish = string(person)
	if err := a.MayEdit(u.Community, person); err != nil {
		return u, err
	}
	return u, n.Photos.Limits.Fit(u.Length)
}

// typeByName is the media type that a file's name lets expect, "" when it lets expect no picture.
func typeByName(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return imaging.JPEG
	case ".png":
		return imaging.PNG
	case ".gif":
		return imaging.GIF
	case ".webp":
		return imaging.WebP
	case ".heic", ".heif":
		return imaging.HEIC
	case ".avif":
		return imaging.AVIF
	}
	return ""
}

// finish makes an upload that may be complete the photo of the person that it was made for, whichever dialect
// has completed it. Who asks is looked at again: much time may have passed since the request began. The
// client may have gone when its last byte had arrived; what it asked for was all said by then.
func (n *Node) finish(c echo.Context, u storage.Upload) error {
	if u.State != storage.Complete || u.Wish == "" {
		return nil
	}
	actor, err := n.auth.Renew(c)
	if err != nil {
		return err
	}
	return n.Photos.Fulfil(context.WithoutCancel(c.Request().Context()), actor, u)
}
