package resumable

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/storage"
)

// partialUpload is the media type of bytes that are to be appended.
const partialUpload = "application/partial-upload"

// State answers HEAD and GET: how far the upload has come. If the uploader asks, a write that runs is ended
// first, so that the offset told is good for the next one, and what a lost answer has left undone at the
// upload's end is made up for. Another's question, an administrator's, disturbs
// nobody.
func (h *Handler) State(c echo.Context) error {
	u, own, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	if own {
		if u, err = h.Engine.Status(c.Request().Context(), u.ID); err != nil {
			return err
		}
		h.tell(c, u)
	}
	if u.State == storage.Failed {
		return u.Closed()
	}
	if err := h.Finish(c, u); err != nil {
		return err
	}
	if err := h.digest(c, u); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// Cancel answers DELETE: it ends a write that runs and gives the upload up. One that is somebody's photo is
// held, and so a Conflict.
func (h *Handler) Cancel(c echo.Context) error {
	u, _, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	if err := h.Engine.Cancel(c.Request().Context(), u.ID); err != nil {
		return err
	}
	head := c.Response().Header()
	for _, name := range []string{
		"Upload-Offset", "Upload-Length", "Upload-Complete", "Upload-Incomplete", "Upload-Limit",
	} {
		head.Del(name)
	}
	return c.NoContent(http.StatusNoContent)
}

// Options answers OPTIONS of the place where uploads are made: that they can be resumed, and how large they
// may be, which is less with type=ProfilePhoto. It asks for no session: a browser has none to show yet.
func (h *Handler) Options(c echo.Context) error { return h.options(c, "OPTIONS, POST") }

// UploadOptions is Options for one upload.
func (h *Handler) UploadOptions(c echo.Context) error {
	return h.options(c, "DELETE, GET, HEAD, OPTIONS, PATCH")
}

func (h *Handler) options(c echo.Context, allow string) error {
	v, _ := h.speaks(c.Request().Header)
	head := c.Response().Header()
	head.Set("Allow", allow)
	head.Set("Accept-Patch", partialUpload)
	h.limit(head, v, storage.Upload{}, photoWanted(c.QueryParams()))
	return c.NoContent(http.StatusNoContent)
}
