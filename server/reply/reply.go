// Package reply is what every dialect says and hears in HTTP: answers in JSON, safe headers, a request's
// body that cannot stall the server, and framing that cannot be misread. It knows no dialect and no upload.
package reply

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// JSON answers with status and v as JSON: nothing before it and no line break behind it. It must not be
// cached unless a Cache-Control header was set before. A v that cannot be encoded is Internal, and nothing
// has been sent then.
func JSON(c echo.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	h := c.Response().Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

// RetryAfter says when to come again: d in whole seconds, rounded up, at least one.
func RetryAfter(h http.Header, d time.Duration) {
	seconds := max(1, int64((d+time.Second-1)/time.Second))
	h.Set("Retry-After", strconv.FormatInt(seconds, 10))
}

// Time is a point in time as JSON has it: RFC 3339 in UTC, to the millisecond.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Later says when to come again: at the time that the error names, else after so many seconds; 0 is never.
func Later(h http.Header, err error, seconds int) {
	if d := cmp.Or(fault.Public(err).After, time.Duration(seconds)*time.Second); d > 0 {
		RetryAfter(h, d)
	}
}
