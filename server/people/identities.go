package people

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
)

// Link gives a person a name in another system.
func (h *Handler) Link(c echo.Context) error { return h.change(c, h.People.Link) }

// Unlink takes a name from a person.
func (h *Handler) Unlink(c echo.Context) error { return h.change(c, h.People.Unlink) }

// change does one of both with the name of the path.
func (h *Handler) change(c echo.Context, do func(
	context.Context, association.Actor, storage.Community, association.GUID, association.Identity,
) error,
) error {
	actor, community, guid, err := h.manage(c)
	if err != nil {
		return err
	}
	id, err := named(c)
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), actor, community, guid, id); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}

// named is the identity of the path.
func named(c echo.Context) (association.Identity, error) {
	system, err := association.ParseSystem(c.Param("system"))
	if err != nil {
		return association.Identity{}, err
	}
	name, err := reply.Param(c, "name")
	if err != nil {
		return association.Identity{}, err
	}
	return association.ParseIdentity(system, name)
}
