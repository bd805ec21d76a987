package igloo

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Create makes an upload entry of the fields ContentLength, ContentType and Name. Its Location can be
// PATCHed. A second request with the same Idempotency-Key gets the first one's entry.
func (h *Handler) Create(c echo.Context) error {
	actor, community, err := h.enter(c)
	if err != nil {
		return err
	}
	body := reply.NewBody(c, h.Pace)
	defer body.Close()
	n, err := h.declared(c.Request().Header, body)
	if err != nil {
		return err
	}
	n.Community, n.Owner = community, actor.In(community).Subject()
	u, err := h.Engine.Create(c.Request().Context(), n)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation,
		"/.api2/api/v1/communities/"+community.String()+"/attachments/uploads/"+string(u.Key))
	return h.show(c, http.StatusCreated, u)
}

// declared reads what the client says about the file. All wrong parameters are told at once.
func (h *Handler) declared(head http.Header, body io.Reader) (storage.New, error) {
	f, err := readFields(head.Get("Content-Type"), body)
	if err != nil {
		return storage.New{}, err
	}
	length, wrongLength := contentLength(f["contentlength"])
	name, wrongName := storage.CleanName(f["name"])
	kind, wrongKind := contentType(f["contenttype"], h.Photos.Formats())
	wrong := errors.Join(wrongLength, about(wrongName, "Name"))
	if fault.Is(wrongKind, fault.Invalid) || wrong == nil {
		wrong = errors.Join(wrong, wrongKind)
	}
	return storage.New{
		Length: length, Type: kind, Name: name, Request: head.Get("Idempotency-Key"),
	}, flat(wrong)
}

// flat is a joined error without joins inside.
func flat(err error) error {
	if err == nil {
		return nil
	}
	var all []error
	for _, one := range each(err) {
		all = append(all, each(one)...)
	}
	return errors.Join(all...)
}

// contentLength reads a number of bytes. One that no number type holds is as good as the largest: too large
// in any case.
func contentLength(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if (err == nil || errors.Is(err, strconv.ErrRange)) && n > 0 && s[0] != '+' {
		return n, nil
	}
	return 0, fault.New(fault.Invalid, "ContentLength must be the file's number of bytes, at least 1").
		About("ContentLength")
}

// contentType reads a media type, drops its parameters, and keeps the client's spelling of it: image/jpg
// stays image/jpg.
func contentType(s string, f imaging.Formats) (string, error) {
	kind, _, _ := strings.Cut(s, ";")
	kind = strings.TrimSpace(kind)
	switch reason := f.Refusal(kind); {
	case kind == "", strings.ContainsFunc(s, unicode.IsControl):
		return "", fault.New(fault.Invalid, "ContentType must be the file's media type, such as image/jpeg").
			About("ContentType")
	case reason == imaging.UnsupportedFormat:
		return "", reason.Fault().About("ContentType")
	case reason != "":
		return "", fault.New(fault.Unsupported, "%s", acceptedTypes).
			About("ContentType").Because(string(reason))
	}
	return kind, nil
}

const acceptedTypes = "image/jpeg (also written image/jpg), image/png, image/gif and image/webp are accepted"
