package gigya

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage/fault"
)

// apiVersion is that of Gigya's interface.
const apiVersion = 2

// failure is what an answer says of an error; the zero failure is success.
type failure struct {
	code    code
	details string
	more    object
}

// answer tells that the call succeeded, and what came of it.
func (h *Handler) answer(c echo.Context, of object) error {
	return h.write(c, http.StatusOK, failure{}, of)
}

// Fail answers with err, by the tables of answers.
func (h *Handler) Fail(c echo.Context, err error) error {
	f, status := failure{}, 0
	f.code, f.details = coded(err)
	if r, ok := errors.AsType[*refusal](err); ok {
		f.more, status = r.more, r.status
	}
	if c.Path() == "" && fault.Is(err, fault.NotFound) {
		f.code, f.details = invalidMethod, "There is no such method."
	}
	reply.Later(c.Response().Header(), err, retry[kindOf(err)])
	if status == http.StatusUnauthorized {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, "OAuth")
	}
	if asked, err := paramsOf(c).truth("httpStatusCodes"); err == nil && asked {
		status = f.code.status()
	}
	if status == 0 {
		status = http.StatusOK
	}
	return h.write(c, status, f, f.more)
}

// WrongMethod answers a request whose path has other methods of HTTP. The Allow header is the router's.
func (h *Handler) WrongMethod(c echo.Context) error {
	return h.write(c, http.StatusMethodNotAllowed,
		failure{code: invalidMethod, details: "Send GET or POST."}, nil)
}

// envelope is what stands around every answer, in Gigya's order.
func (h *Handler) envelope(p *params, f failure, of object) (object, error) {
	var id [16]byte
	if _, err := io.ReadFull(h.Random, id[:]); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	all := object{{"callId", hex.EncodeToString(id[:])}}
	if p.has("context") {
		all = append(all, member{"context", p.get("context")})
	}
	all = append(all, member{"errorCode", int(f.code)})
	if f.code != 0 {
		all = append(all, member{"errorDetails", f.details}, member{"errorMessage", messages[f.code]})
	}
	all = append(
		all, member{"apiVersion", apiVersion}, member{"statusCode", f.code.status()},
		member{"statusReason", f.code.reason()}, member{"time", reply.Time(h.Clock().Time())},
	)
	if len(p.unknown) > 0 {
		var ignored []object
		for _, name := range p.unknown {
			ignored = append(ignored, object{
				{"paramName", name},
				{"warningCode", int(permissionDenied)},
				{
					"message", "This parameter was " + unrecognised +
						" was it recognized as a standard Gigya control parameter.",
				},
			})
		}
		all = append(all, member{"ignoredParams", ignored})
	}
	return append(all, of...), nil
}

// write answers in the format that was asked for.
func (h *Handler) write(c echo.Context, status int, f failure, of object) error {
	p := paramsOf(c)
	whole, err := h.envelope(p, f, of)
	if err != nil {
		return err
	}
	text, err := whole.MarshalJSON()
	kind := echo.MIMEApplicationJSON
	if err == nil && strings.EqualFold(p.get("format"), inXML) {
		text, err = whole.xml(strings.TrimPrefix(c.Request().URL.Path, "/") + "Response")
		kind = echo.MIMETextXMLCharsetUTF8
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	if err := h.save(c, p, string(text)); err != nil {
		return err
	}
	if kind == echo.MIMEApplicationJSON {
		return p.sendJSON(c, status, text)
	}
	return send(c, status, kind, text)
}

// save keeps an answer that the page asks for again.
func (h *Handler) save(c echo.Context, p *params, text string) error {
	id := p.get("saveresponseid")
	if id == "" || len(id) > maxSavedID || c.Get(savedKey) == nil {
		return nil
	}
	return h.Sites.KeepAnswer(c.Request().Context(), savedName(p), text, h.Clock().Add(savedLife))
}

// sendJSON answers with an object, as a script that hands it to a function if that was asked for.
func (p *params) sendJSON(c echo.Context, status int, text []byte) error {
	callback := p.get("callback")
	if !strings.EqualFold(p.get("format"), inJSONP) || !callbackName.MatchString(callback) {
		return send(c, status, echo.MIMEApplicationJSON, text)
	}
	text = append(append([]byte(callback+"("), text...), ");"...)
	return send(c, status, "text/javascript; charset=utf-8", text)
}

// leastGzip is the shortest answer that is worth compressing, in bytes.
const leastGzip = 256

// send writes an answer, compressed for those who take that.
func send(c echo.Context, status int, kind string, text []byte) error {
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	head.Add("Vary", "Accept-Encoding")
	if len(text) >= leastGzip && takesGzip(c.Request().Header) {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(text)
		if err = errors.Join(err, w.Close()); err != nil {
			return fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
		}
		head.Set(echo.HeaderContentEncoding, "gzip")
		text = b.Bytes()
	}
	head.Set(echo.HeaderContentLength, strconv.Itoa(len(text)))
	return c.Blob(status, kind, text)
}

// takesGzip says whether Accept-Encoding names gzip, and not with a weight of zero.
func takesGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(one, ";")
			_, q, _ := strings.Cut(weight, "=")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.Trim(q, " 0.") != "" == (weight != "") {
				return true
			}
		}
	}
	return false
}
