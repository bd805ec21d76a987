package reply

import "github.com/labstack/echo/v4"

const (
	actorKey = "cameo.actor"
	askKey   = "cameo.ask"
)

// OnActor lets ask decide whether a request may go on, once it is known who makes it.
func OnActor(c echo.Context, ask func(c echo.Context, guid string) error) { c.Set(askKey, ask) }

// NoteActor leaves who makes the request, by GUID, for the log of requests. A stranger is "". The error, if
// any, is the answer: this actor may not go on. Each request that looks for something by a key is noted
// before it looks. To note the same person again changes nothing.
func NoteActor(c echo.Context, guid string) error {
	if guid != "" {
		if guid == NotedActor(c) {
			return nil
		}
		c.Set(actorKey, guid)
	}
	if ask, ok := c.Get(askKey).(func(c echo.Context, guid string) error); ok {
		return ask(c, guid)
	}
	return nil
}

// NotedActor is what NoteActor left, "" if nothing.
func NotedActor(c echo.Context) string {
	guid, _ := c.Get(actorKey).(string)
	return guid
}
