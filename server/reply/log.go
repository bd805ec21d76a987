package reply

import "github.com/labstack/echo/v4"

const actorKey = "cameo.actor"

// NoteActor leaves who makes the request, by GUID, for the log of requests. A stranger is "".
func NoteActor(c echo.Context, guid string) {
	if guid != "" {
		c.Set(actorKey, guid)
	}
}

// NotedActor is what NoteActor left, "" if nothing.
func NotedActor(c echo.Context) string {
	guid, _ := c.Get(actorKey).(string)
	return guid
}
