package resumable

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage"
)

// supported is the status 104 (Upload Resumption Supported).
const supported = 104

// Create makes an upload, tells at once where it is, and takes the bytes that come with the request. One that
// says nothing of resuming is an ordinary upload: whole or not at all.
func (h *Handler) Create(c echo.Context) error {
	subject, community, err := h.member(c)
	if err != nil {
		return err
	}
	in, err := h.incoming(c.Request())
	if err != nil {
		return err
	}
	n, err := describe(c.Request())
	if err != nil {
		return err
	}
	n.Community, n.Owner, n.SHA256 = community, subject, in.repr
	u, err := h.begin(c, in, n)
	if err != nil {
		return err
	}
	if u, err = h.receive(c, in, u, 0); err != nil {
		if !in.resumable {
			h.forget(c, u)
		}
		return err
	}
	return h.answer(c, http.StatusCreated, http.StatusCreated, u)
}

// begin makes the upload and says where it is, in an interim answer and in every later one.
func (h *Handler) begin(c echo.Context, in incoming, n storage.New) (storage.Upload, error) {
	var err error
	if n.Length, err = in.total(0); err != nil {
		return storage.Upload{}, err
	}
	if n, err = h.Begin(c, n); err != nil {
		return storage.Upload{}, err
	}
	u, err := h.Engine.Create(c.Request().Context(), n)
	if err != nil {
		return storage.Upload{}, err
	}
	h.tell(c, u)
	head := c.Response().Header()
	at := "/v1/communities/" + u.Community.String() + "/uploads/" + string(u.Key)
	head.Set(echo.HeaderLocation, reply.Origin(c, h.Public)+at)
	if in.interim && in.resumable {
		h.interim(c, in, http.Header{
			"Location": {head.Get(echo.HeaderLocation)}, "Upload-Limit": {head.Get("Upload-Limit")},
		})
		if in.content != 0 {
			reply.Continue(c, h.Pace)
		}
	}
	return u, nil
}

// interim sends a 104, which names the version that both sides speak.
func (h *Handler) interim(c echo.Context, in incoming, head http.Header) {
	if in.version != Final {
		head.Set(versionHeader, strconv.Itoa(int(in.version)))
	}
	reply.Interim(c, h.Pace, supported, head)
}

// forget gives up an upload whose client does not know where it is.
func (h *Handler) forget(c echo.Context, u storage.Upload) {
	if u.State == storage.Active {
		// Should it fail, the upload expires.
		_ = h.Engine.Cancel(context.WithoutCancel(c.Request().Context()), u.ID)
	}
}

// answer is the final answer to a request whose bytes were taken. An upload is complete with the last byte of
// its declared length, whether or not the client said that this is the last request.
func (h *Handler) answer(c echo.Context, partial, whole int, u storage.Upload) error {
	if u.State == storage.Complete {
		return h.finish(c, whole, u)
	}
	return c.NoContent(partial)
}
