package sessions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// signIn is what somebody says to sign in with a password.
type signIn struct {
	Community community `json:"community"` // by key or name; "" is the only one
	Name      string    `json:"name"`
	Password  string    `json:"password"`
}

// community is a number or text.
type community string

// UnmarshalJSON takes both as text.
func (c *community) UnmarshalJSON(text []byte) error {
	var number json.Number
	if json.Unmarshal(text, &number) == nil && text[0] != '"' {
		*c = community(number)
		return nil
	}
	return json.Unmarshal(text, (*string)(c))
}

// readSignIn reads the body, if there is one.
func readSignIn(r *http.Request) (s signIn, given bool, err error) {
	text, err := io.ReadAll(r.Body) // the route bounds it
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return s, false, err
	}
	// A form of another site can send text that looks like JSON, but it cannot call it so.
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return s, true, fault.New(fault.Unsupported, "send the name and the password as application/json")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(&s)
	if err == nil && d.More() {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		return s, true, fault.Wrap(err, fault.Malformed,
			"the body is no JSON object with name, password and, if need be, community")
	}
	return s, true, errors.Join(required("name", s.Name), required("password", s.Password))
}

func required(name, value string) error {
	if value != "" {
		return nil
	}
	return fault.New(fault.Invalid, "a %s is wanted", name).About(name)
}

// place finds the community in which somebody signs in. One that is not there is as good as a wrong password.
func (h *Handler) place(s signIn) association.Place {
	return func(ctx context.Context) (storage.Community, error) {
		c, err := storage.ParseCommunity(string(s.Community))
		if err == nil {
			return c, nil
		}
		c, err = h.People.Secrets.FindCommunity(ctx, string(s.Community))
		if !fault.Is(err, fault.NotFound) {
			return c, err
		}
		if s.Community == "" {
			return 0, fault.New(fault.Invalid, "there are several communities: say which one").About("community")
		}
		return 0, nil
	}
}
