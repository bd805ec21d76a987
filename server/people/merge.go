package people

import (
	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// Merge makes the person of the path the one that the body names, and answers with that one.
func (h *Handler) Merge(c echo.Context) error {
	actor, community, guid, err := h.manage(c)
	if err != nil {
		return err
	}
	var body struct{ Into, Photo string }
	const example = `{"into": "6f9619ff-8b86-d011-b42d-00c04fc964ff"}`
	if _, err := reply.ReadObject(c.Request(), &body, example); err != nil {
		return err
	}
	into, err := association.ParseGUID(body.Into)
	if err != nil {
		return fault.Public(err).About("into")
	}
	theirs := body.Photo == "merged"
	if !theirs && body.Photo != "" && body.Photo != "survivor" {
		return fault.New(fault.Invalid, "photo must be survivor or merged").About("photo")
	}
	if err := h.People.Merge(c.Request().Context(), actor, community, guid, into, theirs); err != nil {
		return err
	}
	return h.show(c, actor, community, into)
}
