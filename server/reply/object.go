package reply

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// ReadObject reads a request's body, which the route bounds, as one JSON object whose members into has. It is
// false for no body. Another type is Unsupported; what is no such object is Malformed, with example to show
// one.
func ReadObject(r *http.Request, into any, example string) (bool, error) {
	if given := r.Header.Get(echo.HeaderContentType); given != "" {
		if kind, _, err := mime.ParseMediaType(given); err != nil || kind != echo.MIMEApplicationJSON {
			return false, fault.Wrap(err, fault.Unsupported, "send it as application/json")
		}
	}
	text, err := io.ReadAll(r.Body)
	text = bytes.TrimSpace(text)
	if err != nil || len(text) == 0 {
		return false, err
	}
	unreadable := func(cause error) error {
		return fault.Wrap(cause, fault.Malformed, "a JSON object is wanted, such as %s", example)
	}
	if text[0] != '{' {
		return false, unreadable(nil)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return false, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return false, unreadable(err)
	}
	return true, nil
}
