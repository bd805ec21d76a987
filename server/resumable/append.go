package resumable

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/storage"
	"cameo/storage/fault"
)

// Append answers PATCH: it adds the request's bytes at the offset that both sides agree on.
func (h *Handler) Append(c echo.Context) error {
	u, _, err := h.seen(c, h.Engine.Resume)
	if err != nil {
		return err
	}
	if u.State == storage.Failed {
		return u.Closed()
	}
	in, at, err := h.appended(c.Request())
	if err != nil {
		return err
	}
	if u, err = h.standing(c, u, at); err != nil {
		return err
	}
	if u.State == storage.Complete {
		return h.again(c, in, u)
	}
	if in.repr != nil && u.SHA256 != nil && !bytes.Equal(in.repr, u.SHA256) {
		return fault.New(fault.Malformed, "another digest was declared before").About("Repr-Digest")
	}
	if u, err = h.receive(c, in, u, at); err != nil {
		return err
	}
	return h.answer(c, http.StatusNoContent, http.StatusOK, u)
}

// appended reads what a PATCH must say.
func (h *Handler) appended(r *http.Request) (in incoming, at int64, err error) {
	if in, err = h.incoming(r); err != nil {
		return in, 0, err
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if in.version.has(typed) && !strings.EqualFold(strings.TrimSpace(kind), partialUpload) {
		return in, 0, fault.New(fault.Unsupported, "the Content-Type must be %s", partialUpload).
			About("Content-Type")
	}
	at, ok := integer(r.Header, "Upload-Offset")
	switch {
	case !ok:
		return in, 0, fault.New(fault.Malformed, "an Upload-Offset is required").About("Upload-Offset")
	case !in.resumable:
		name := "Upload-Complete"
		if !in.version.has(upright) {
			name = "Upload-Incomplete"
		}
		return in, 0, fault.New(fault.Malformed, "%s is required: ?1 or ?0", name).About(name)
	}
	return in, at, nil
}

// standing is the upload if it stands at the offset. If not, a write that runs is ended first: the client can
// only have given it up, and the offset that it is told must be good for its next request.
func (h *Handler) standing(c echo.Context, u storage.Upload, at int64) (storage.Upload, error) {
	if u.State == storage.Active && u.Offset != at {
		now, err := h.Engine.Status(c.Request().Context(), u.ID)
		if err != nil {
			return u, err
		}
		u = now
		h.tell(c, u)
	}
	switch {
	case u.State == storage.Failed:
		return u, u.Closed()
	case u.Offset != at:
		return u, &storage.OffsetError{Have: u.Offset, Got: at}
	}
	return u, nil
}

// again answers a PATCH to an upload that is complete. One that only says so gets the final answer, which may
// have been lost, or may never have been given: the declared length alone may have completed the upload.
func (h *Handler) again(c echo.Context, in incoming, u storage.Upload) error {
	switch {
	case in.content != 0:
		return inconsistent("the upload is complete: it has %d bytes, and no more", u.Length)
	case !in.complete:
		return completed()
	}
	if _, err := in.fits(u); err != nil {
		return err
	}
	return h.finish(c, http.StatusOK, u)
}
