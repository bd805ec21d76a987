package igloo

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Status answers HEAD: how far the upload has come, in headers. The uploader's own question makes a running
// PATCH flush and end first, as a status query does.
func (h *Handler) Status(c echo.Context) error {
	actor, u, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	if _, err := h.settled(c, actor, u); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// Entry answers GET of the entry, and GET and HEAD of the attachment: the attachment as it stands. It
// disturbs nobody; progress may be polled.
func (h *Handler) Entry(c echo.Context) error {
	_, u, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, u)
}

// Delete gives an upload up. One that is somebody's photo is held, and so Conflict for its owner: the photo
// is to be removed first. An administrator takes it from those whose photo it is.
func (h *Handler) Delete(c echo.Context) error {
	actor, u, err := h.seen(c, h.Engine.Find)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if actor.Administers(u.Community) {
		if err := h.Photos.Withdraw(ctx, actor, u.ID); err != nil {
			return err
		}
	}
	if err := h.Engine.Cancel(ctx, u.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
