package igloo

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Patch uploads a file whole, continues an upload, or tells how far it has come, as its Content-Range says.
func (h *Handler) Patch(c echo.Context) error {
	actor, u, err := h.seen(c, h.Engine.Resume)
	if err != nil {
		return err
	}
	if u.State == storage.Failed {
		return u.Closed()
	}
	r, err := contentRange(c.Request().Header)
	if err != nil {
		return err
	}
	if r.Query {
		return h.query(c, actor, u, r)
	}
	return h.receive(c, u, r)
}

// receive answers a PATCH that brings the bytes of r.
func (h *Handler) receive(c echo.Context, u storage.Upload, r storage.ContentRange) error {
	w, err := incoming(c.Request(), u, r)
	if err != nil {
		return err
	}
	body := reply.NewBody(c, h.Pace)
	defer body.Close()
	w.Body = h.Auth.Watch(c, body, u, h.Pace.Now)
	now, err := h.Engine.Append(c.Request().Context(), w)
	if now.Key != "" {
		u = now
	}
	progress(c, u)
	if err != nil {
		return beyond(c, u, r, err)
	}
	if err := h.Finish(c, u); err != nil {
		return err
	}
	return h.show(c, told(u), u)
}

// query answers a PATCH that brings no bytes and asks how far the upload has come.
func (h *Handler) query(c echo.Context, a association.Actor, u storage.Upload, r storage.ContentRange) error {
	req := c.Request()
	switch {
	case req.ContentLength < 0 && req.ProtoMajor == 1:
		return errNoLength()
	case req.ContentLength > 0:
		return errBody()
	case r.Total != storage.Unknown && u.Length != storage.Unknown && r.Total != u.Length:
		return errTotal(u, r)
	}
	if err := h.empty(c); err != nil {
		return err
	}
	u, err := h.settled(c, a, u)
	if err != nil {
		return err
	}
	return h.show(c, told(u), u)
}

// empty is nil for a request without a body. Over HTTP/2 a body may come without a length: only its first
// byte tells, or its end.
func (h *Handler) empty(c echo.Context) error {
	body := reply.NewBody(c, h.Pace)
	defer body.Close()
	switch _, err := io.ReadFull(body, make([]byte, 1)); {
	case err == nil:
		return errBody()
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// settled is the upload after a running write has ended, if the uploader asks: the offset told stays true
// until the next write, and what is to be done at its end is made up for. Another's question, an
// administrator's, disturbs nobody.
func (h *Handler) settled(c echo.Context, a association.Actor, u storage.Upload) (storage.Upload, error) {
	if u.Owner != a.In(u.Community).Subject() {
		return u, nil
	}
	now, err := h.Engine.Status(c.Request().Context(), u.ID)
	if now.Key != "" {
		progress(c, now)
	}
	if err != nil {
		return now, err
	}
	return now, h.Finish(c, now)
}

// incoming judges what the headers say of the body.
func incoming(req *http.Request, u storage.Upload, r storage.ContentRange) (storage.Write, error) {
	w := storage.Write{ID: u.ID, At: r.From, Len: r.To - r.From, Total: r.Total, Seen: u}
	switch n := req.ContentLength; {
	case n < 0 && req.ProtoMajor == 1:
		return w, errNoLength()
	case n >= 0 && n != w.Len:
		return w, fault.New(fault.Malformed, "the range has %d bytes, the body has %d", w.Len, n).
			About("Content-Length")
	}
	kinds := req.Header.Values("Content-Type")
	if len(kinds) > 1 || len(kinds) == 1 && imaging.Canonical(kinds[0]) != imaging.Canonical(u.Type) {
		return w, fault.New(fault.Unsupported, "the Content-Type is not the one declared at creation, %s", u.Type).
			About("Content-Type").Because(string(imaging.TypeMismatch))
	}
	sum, err := reply.ContentDigest(req.Header)
	w.Digest = (*storage.Digest)(sum)
	return w, err
}

func contentRange(h http.Header) (storage.ContentRange, error) {
	switch all := h.Values("Content-Range"); len(all) {
	case 0:
		return storage.ContentRange{}, wrongRange(
			"a Content-Range is required: bytes FIRST-LAST/TOTAL, or bytes */TOTAL to ask how far the upload is")
	case 1:
		return storage.ParseContentRange(all[0])
	}
	return storage.ContentRange{}, wrongRange("there is more than one Content-Range")
}

// beyond adds the upload's length to the refusal of a range that leaves it.
func beyond(c echo.Context, u storage.Upload, r storage.ContentRange, err error) error {
	if fault.Is(err, fault.WrongOffset) && u.Length != storage.Unknown && r.To > u.Length {
		c.Response().Header().Set("Content-Range", "bytes */"+strconv.FormatInt(u.Length, 10))
	}
	return err
}

func errNoLength() error {
	return fault.New(fault.NoLength, "a Content-Length is required").About("Content-Length")
}

func errBody() error { return wrongRange("a status query (bytes */TOTAL) has no body") }

func wrongRange(format string, args ...any) error {
	return fault.New(fault.Malformed, format, args...).About("Content-Range")
}

func errTotal(u storage.Upload, r storage.ContentRange) error {
	return wrongRange("the upload has %d bytes, the range says %d", u.Length, r.Total)
}
