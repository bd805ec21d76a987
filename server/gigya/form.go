package gigya

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage/fault"
)

// Bounds of what is read, in bytes.
const (
	maxPhoto     = 6 << 20                    // of the decoded photo: this many are accepted
	maxPhotoText = maxPhoto/3*4 + maxPhoto/24 // of its base64, with line breaks and a prefix
	maxOther     = 1 << 20                    // of all other parameters together
	maxBody      = 32 << 20                   // of a body with a photo, as it is encoded
)

// lowPhotoBytes is the name of the one large parameter.
const lowPhotoBytes = "photobytes"

// turnWait is how long a call with a photo waits for others.
const turnWait = 10 * time.Second

// turn waits until one more photo may be in memory. A call without one does not wait.
func (h *Handler) turn(c echo.Context, m method) (leave func(), err error) {
	if !m.heavy && (!m.photo || c.Request().Method != http.MethodPost) {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), turnWait)
	defer cancel()
	if err := h.photos.Acquire(ctx, 1); err != nil {
		return nil, fault.Wrap(err, fault.TooMany, "%s", fault.TooMany.Sentence()).Later(turnWait)
	}
	return func() { h.photos.Release(1) }, nil
}

// read reads the parameters of the query and the body.
func (h *Handler) read(c echo.Context, m method) (*params, error) {
	p, r := newParams(), c.Request()
	if err := p.readQuery(r.URL.RawQuery); err != nil {
		return p, err
	}
	if r.Method == http.MethodPost {
		if err := h.readBody(c, p, m); err != nil {
			return p, err
		}
	}
	if key := r.Header.Get("apikey"); key != "" && !p.has("apikey") { // as one of the mobile clients sends it
		p.index["apikey"] = len(p.all) // found, and no part of what is signed
		p.all = append(p.all, param{"", []byte(key)})
	}
	return p, nil
}

func (h *Handler) readBody(c echo.Context, p *params, m method) error {
	limit := int64(maxOther)
	if m.photo {
		limit = maxBody
	}
	r := c.Request()
	if r.ContentLength > limit {
		return tooLong(m)
	}
	r = r.WithContext(r.Context())
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, limit)
	c.SetRequest(r)
	body := reply.NewBody(c, h.Pace)
	defer body.Close()
	kind, arguments, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)) // none: a form
	var err error
	if kind == echo.MIMEMultipartForm {
		err = p.readParts(multipart.NewReader(body, arguments["boundary"]))
	} else {
		f := form{from: bufio.NewReaderSize(body, 32<<10), most: r.ContentLength, photo: m.photo, left: maxOther}
		err = f.readInto(p)
	}
	if fault.Is(err, fault.TooLarge) {
		return tooLong(m)
	}
	return err
}

// tooLong is what a client hears whose call is longer than any good one.
func tooLong(m method) error {
	if m.photo {
		return errPhotoTooLarge()
	}
	return wrong(entityTooLarge, "The request has more than %d bytes.", maxOther)
}

func (p *params) readQuery(query string) error {
	f := form{from: bufio.NewReader(strings.NewReader(query)), most: int64(len(query)), left: maxOther}
	return f.readInto(p)
}

// form reads parameters as they come, so that a photo stands in memory once.
type form struct {
	from  *bufio.Reader
	most  int64 // bytes that are to come; -1: unknown
	photo bool  // one may be among them
	left  int   // bytes that all others may still take
}

// readInto reads to the end.
func (f *form) readInto(p *params) error {
	for {
		name, end, err := f.word(nil, "=&", maxOther)
		if err != nil {
			return err
		}
		var value []byte
		if end == '=' {
			if value, end, err = f.value(string(name)); err != nil {
				return err
			}
		}
		if len(name) > 0 || len(value) > 0 {
			if err := p.add(string(name), value); err != nil {
				return err
			}
		}
		if end == 0 {
			return nil
		}
	}
}

// value reads the value of a name.
func (f *form) value(name string) ([]byte, byte, error) {
	if !f.photo || !strings.EqualFold(name, lowPhotoBytes) {
		return f.word(nil, "&", maxOther)
	}
	size := int64(maxPhotoText)
	if f.most >= 0 {
		size = min(size, f.most)
	}
	f.left += maxPhotoText
	value, end, err := f.word(make([]byte, 0, size), "&", maxPhotoText)
	f.left -= maxPhotoText - len(value)
	return value, end, err
}

// word reads up to one of the ends, which it returns; 0 is the end of all. What stands for itself, nearly all
// of a photo, is copied as it comes.
func (f *form) word(into []byte, ends string, limit int) ([]byte, byte, error) {
	special := [256]bool{'+': true, '%': true}
	for _, b := range []byte(ends) {
		special[b] = true
	}
	for {
		b, plain, err := f.next(&special)
		if errors.Is(err, io.EOF) {
			return into, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if len(plain) == 0 {
			switch {
			case strings.IndexByte(ends, b) >= 0:
				return into, b, nil
			case b == '+':
				b = ' '
			default:
				if b, err = f.escaped(); err != nil {
					return nil, 0, err
				}
			}
			plain = []byte{b}
		}
		if f.left -= len(plain); f.left < 0 || len(into)+len(plain) > limit {
			return nil, 0, fault.New(fault.TooLarge, "%s", fault.TooLarge.Sentence())
		}
		into = append(into, plain...)
	}
}

// next is the next byte, if it is special, or all that are buffered before the next special one. They are
// good until the next read.
func (f *form) next(special *[256]bool) (b byte, plain []byte, err error) {
	if _, err := f.from.Peek(1); err != nil {
		return 0, nil, err
	}
	plain, err = f.from.Peek(f.from.Buffered())
	if err != nil {
		return 0, nil, err
	}
	n := 0
	for n < len(plain) && !special[plain[n]] {
		n++
	}
	if n == 0 {
		b, err = f.from.ReadByte()
		return b, nil, err
	}
	_, err = f.from.Discard(n)
	return 0, plain[:n], err
}

// escaped is the byte that two hexadecimal digits stand for.
func (f *form) escaped() (byte, error) {
	var b byte
	for range 2 {
		c, err := f.from.ReadByte()
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		digit := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if err != nil || digit < 0 || c < '0' {
			return 0, wrong(badRequest, "The form cannot be read.")
		}
		b = b<<4 | byte(digit)
	}
	return b, nil
}

// photoField is that of a form with a file.
const photoField = "_profilePhoto"

// readParts reads a multipart body: one file, and fields.
func (p *params) readParts(parts *multipart.Reader) error {
	for left := int64(maxOther); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		limit := left
		isPhoto := part.FormName() == photoField && p.file == nil
		if isPhoto {
			limit = maxPhoto
		}
		value, err := io.ReadAll(io.LimitReader(part, limit+1))
		if err != nil {
			return unreadable(err)
		}
		if int64(len(value)) > limit {
			return fault.New(fault.TooLarge, "%s", fault.TooLarge.Sentence())
		}
		if isPhoto {
			p.file = value
			continue
		}
		left -= int64(len(value))
		if err := p.add(part.FormName(), value); err != nil {
			return err
		}
	}
}

// unreadable keeps what the reading of the body says by itself.
func unreadable(err error) error {
	if k := fault.Of(err); k != fault.Internal {
		return err
	}
	return wrong(badRequest, "The form cannot be read.").because(err)
}
