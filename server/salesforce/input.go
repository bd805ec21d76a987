package salesforce

import (
	"context"
	"hash"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
)

// maxRich bounds what describes a picture, in bytes, maxHead what stands before a part, and maxFraming what
// surrounds the parts in a request.
const (
	maxRich    = 64 << 10
	maxHead    = 64 << 10
	maxFraming = 256 << 10
)

// mixed is what OkHttp, and with it the SDK for Android, calls a form in parts.
const mixed = "multipart/mixed"

// input is what a request says.
type input struct {
	fields  map[string]string // by name
	brought storage.Upload    // the stored picture that came with it; no key: none did
	told    bool              // a part of text came
	look    *association.Look // that was taken at it on its way; nil: none was
}

// form says which fields a kind of request has, and what its binary part is called.
type form struct {
	root   string   // of XML
	fields []string // that may be given
	rich   []string // names of the parts that may hold them all
	binary string
	owner  storage.Subject // of the upload that is made
	note   string          // likewise
	look   bool            // it is judged as a picture on its way
	digest hash.Hash       // of its bytes; nil: none is wanted
}

var photoFields = [...]string{"cropSize", "cropX", "cropY", "fileId", "versionNumber"}

// photoForm is that of a photo. A picture that comes with it is no file that could be chosen again.
func photoForm(owner storage.Subject) form {
	return form{
		root: "photo", fields: photoFields[:], rich: []string{"json", "photo"}, binary: "fileUpload",
		owner: owner, note: association.PictureOnly, look: true,
	}
}

// readForm reads the body in any of its encodings, and stores the picture in it. Beside an error the picture
// may be stored already. What is said in the address counts only if nothing but a picture comes in the body.
func (h *Handler) readForm(c echo.Context, who caller, f form) (input, error) {
	in := input{fields: map[string]string{}}
	r := c.Request()
	kind, params, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil && r.Header.Get(echo.HeaderContentType) != "" {
		return in, unsupportedMedia()
	}
	limit := int64(maxRich)
	inParts := kind == echo.MIMEMultipartForm || kind == mixed
	if inParts {
		limit = h.maxFile() + maxFraming
	}
	if r.ContentLength > limit {
		return in, imaging.TooLarge.Fault()
	}
	body := h.body(c, limit)
	defer body.Close()
	if inParts {
		err := h.readParts(c, who, f, &in, body, params["boundary"])
		if err == nil && !in.told {
			err = f.readQuery(c.QueryParams(), in.fields)
		}
		return in, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return in, err
	}
	if len(text) > 0 {
		err = f.readBody(kind, text, in.fields)
	} else {
		err = f.readQuery(c.QueryParams(), in.fields)
	}
	if err == nil && len(in.fields) == 0 {
		err = refuse(parseError, "A request body is required")
	}
	return in, err
}

// body is the request's, no longer than limit.
func (h *Handler) body(c echo.Context, limit int64) *reply.Body {
	r := c.Request()
	bounded := r.WithContext(r.Context())
	bounded.Body = http.MaxBytesReader(c.Response().Writer, r.Body, limit)
	c.SetRequest(bounded)
	return reply.NewBody(c, h.Pace)
}

// maxFile is how large a picture may be, in bytes.
func (h *Handler) maxFile() int64 { return min(h.Photos.Limits.MaxPhoto, h.Engine.Limits.MaxSize) }

func unsupportedMedia() error {
	return refuse(wrongMedia, "send application/json, application/xml, application/x-www-form-urlencoded "+
		"or multipart/form-data")
}

// crop is the square that is wanted, with a side of at least so many pixels; the zero Crop when none is.
func (in input) crop(least int) (imaging.Crop, error) {
	var numbers [3]int
	given := 0
	for i, name := range [...]string{"cropX", "cropY", "cropSize"} {
		text, ok := in.fields[name]
		if !ok {
			continue
		}
		given++
		n, err := strconv.ParseUint(text, 10, 31) // it knows no signs
		if err != nil {
			return imaging.Crop{}, refuse(illegalValue, "bad_crop: %s must be a number of pixels", name)
		}
		numbers[i] = int(n)
	}
	switch {
	case given == 0:
		return imaging.Crop{}, nil
	case given < len(numbers):
		return imaging.Crop{}, refuse(missing, "bad_crop: cropX, cropY and cropSize go together")
	case numbers[2] < least:
		return imaging.Crop{}, refuse(illegalValue, "bad_crop: cropSize must be at least %d", least)
	}
	return imaging.Crop{X: numbers[0], Y: numbers[1], Size: numbers[2]}, nil
}

// source is the upload of which the photo is made.
func (h *Handler) source(ctx context.Context, who caller, in input) (storage.ID, error) {
	file, named := in.fields["fileId"]
	switch brought := in.brought.Key != ""; {
	case brought && (named || in.fields["versionNumber"] != ""):
		return storage.ID{}, refuse(illegalValue, "fileId and fileUpload exclude each other")
	case brought:
		return in.brought.ID, nil
	case !named:
		return storage.ID{}, refuse(missing, "a fileId or a fileUpload is wanted")
	}
	f, err := h.file(ctx, who, file, in.fields["versionNumber"])
	return f.upload.ID, err
}

// giveUp cancels what a refused request has brought. What cannot be cancelled now expires by itself.
func (h *Handler) giveUp(ctx context.Context, u storage.Upload) {
	if u.Key == "" {
		return
	}
	_ = h.Engine.Cancel(ctx, u.ID)
}
