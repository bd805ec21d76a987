package people

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
)

// entry is one line of the audit log.
type entry struct {
	ID      int64  `json:"id"`
	At      string `json:"at"`
	Actor   string `json:"actor"` // a GUID, or cli
	Action  string `json:"action"`
	Person  string `json:"person"` // whom it was done to
	Object  string `json:"object,omitempty"`
	Address string `json:"address,omitempty"` // the actor's, in the network
}

// Audit lists who did what, the oldest first. The last page may be asked for again: it goes on then.
func (h *Handler) Audit(c echo.Context) error {
	actor, community, err := h.enter(c)
	if err != nil {
		return err
	}
	cursor, limit, err := reply.Page(c)
	if err != nil {
		return err
	}
	after := int64(0)
	if cursor != "" {
		if after, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return reply.NoCursor(err)
		}
	}
	entries, err := h.People.AuditLog(c.Request().Context(), actor, community, after, 0, limit)
	if err != nil {
		return err
	}
	list := struct {
		Entries []entry `json:"entries"`
		Next    string  `json:"next"` // also of the last page: what comes later is behind it
	}{Entries: make([]entry, 0, len(entries))}
	for _, e := range entries {
		list.Entries = append(list.Entries, entry{
			e.ID, reply.Time(e.At.Time()), string(e.Actor), string(e.Action), string(e.Person), e.Object, e.Address,
		})
		after = e.ID
	}
	list.Next = reply.Cursor(strconv.FormatInt(after, 10))
	return reply.JSON(c, http.StatusOK, list)
}
