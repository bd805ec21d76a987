package resumable

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// receive takes a request's bytes, which begin at an offset. It returns the upload as it stands afterwards,
// also beside an error.
//
// Order: the length, if the request tells one that was not known; the bytes; the length that their end tells.
func (h *Handler) receive(c echo.Context, in incoming, u storage.Upload, at int64) (storage.Upload, error) {
	total, err := in.fits(u)
	if err != nil {
		return u, err
	}
	ctx := c.Request().Context()
	if u.Length == storage.Unknown && total != storage.Unknown {
		if u, err = h.declare(ctx, u, total); err != nil || u.State != storage.Active {
			h.tell(c, u)
			return u, err
		}
	}
	u, err = h.take(c, in, u, at)
	if err == nil && in.complete && u.Length == storage.Unknown && u.Offset > 0 {
		u, err = h.declare(context.WithoutCancel(ctx), u, u.Offset)
	}
	h.tell(c, u)
	if err == nil && in.complete && u.State == storage.Active {
		err = short(u)
	}
	return u, err
}

// take appends the request's body.
func (h *Handler) take(c echo.Context, in incoming, u storage.Upload, at int64) (storage.Upload, error) {
	body := reply.NewBody(c, h.Pace)
	defer body.Close()
	w := storage.Write{
		ID: u.ID, At: at, Len: in.content, Total: storage.Unknown, Digest: in.digest,
		Body: h.Auth.Watch(c, body, u, h.Pace.Now), Seen: u, Progress: h.progress(c, in),
	}
	if in.content == storage.Unknown {
		w.Len, w.UpTo = h.room(u)-at, true
	}
	now, err := h.Engine.Append(c.Request().Context(), w)
	if now.Key != "" {
		u = now
	}
	if fault.Is(err, fault.Malformed) && w.UpTo {
		err = h.overflow(c, u)
	}
	return u, err
}

// room is how many bytes the upload may have.
func (h *Handler) room(u storage.Upload) int64 {
	if u.Length != storage.Unknown {
		return u.Length
	}
	return h.most(u.Wish != "")
}

// declare makes a length known that was not. With the upload's last byte there already, it is complete.
func (h *Handler) declare(ctx context.Context, u storage.Upload, length int64) (storage.Upload, error) {
	now, err := h.Engine.Append(ctx, storage.Write{
		ID: u.ID, At: u.Offset, Total: storage.Unknown, Length: length, Seen: u,
	})
	if now.Key != "" {
		u = now
	}
	return u, err
}

// progress tells the client what has become durable of its body; nil if it is not to be told.
func (h *Handler) progress(c echo.Context, in incoming) func(int64) {
	if !in.interim || !in.resumable || !in.version.has(upright) {
		return nil
	}
	return func(offset int64) {
		h.interim(c, in, http.Header{"Upload-Offset": {strconv.FormatInt(offset, 10)}})
	}
}

// overflow ends an upload of which more came than there may be: which bytes were meant is not known.
func (h *Handler) overflow(c echo.Context, u storage.Upload) error {
	h.forget(c, u)
	if u.Length == storage.Unknown {
		return fault.New(fault.TooLarge, "more than %s came, which is the limit", storage.Size(h.room(u)).Exact())
	}
	return inconsistent("more than the upload's %d bytes came", u.Length)
}

// short says that an upload was to end before its length.
func short(u storage.Upload) error {
	if u.Length == storage.Unknown {
		return fault.New(fault.Invalid, "the upload must have at least 1 byte").About("Upload-Length")
	}
	return inconsistent("the upload has %d bytes, the last request led to byte %d", u.Length, u.Offset)
}
