package gigya

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// original reads a finished upload.
func (c *call) original(id storage.ID) ([]byte, error) {
	u, err := c.Engine.Find(c.ctx(), id)
	if err == nil && u.State == storage.Complete && u.Length <= maxPhoto {
		var from io.ReadCloser
		if from, err = c.Engine.Open(c.ctx(), u, 0, u.Length); err == nil {
			defer from.Close()
			file := make([]byte, u.Length)
			_, err = io.ReadFull(from, file)
			return file, err
		}
	}
	if err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return nil, noPhoto()
	}
	return nil, err
}

// GetProfilePhoto answers with a picture: the one that the caller has sent and not published, else the one
// that is shown; or, by version, a thumbnail that everybody may see who knows its address.
func (h *Handler) GetProfilePhoto(c echo.Context) error {
	m := method{
		params: []string{"uid", "type", "ts", "version", "expires", "signature"},
		heavy:  true,
		run:    func(c *call) (object, error) { return nil, c.sendPhoto() },
	}
	if c.QueryParam("version") != "" { // whoever shows it, on whatever page
		m.open = true
		m.run = func(c *call) (object, error) { return nil, c.sendThumbnail(c.params.get("version")) }
	}
	return h.serve(c, m)
}

// sendPhoto answers the caller's own picture, or that of the UID.
func (c *call) sendPhoto() error {
	small := c.params.get("type") == "thumbnail"
	if kind := c.params.get("type"); kind != "" && kind != "orig" && !small {
		return wrong(invalidValue, "type must be orig or thumbnail")
	}
	person, err := c.about()
	if err != nil {
		return err
	}
	sent, err := c.sent(person)
	if err == nil {
		return c.sendSent(sent, small)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if small {
		p, err := c.Photos.Current(c.ctx(), c.site.Community, person)
		if err != nil {
			return missingIf(err)
		}
		t, err := c.thumbnail(p)
		if err != nil {
			return missingIf(err)
		}
		return c.sendBytes(t.Type, t.Bytes, private)
	}
	want := association.Want{Shape: imaging.Whole, Pixels: imaging.Longest}
	p, err := c.Photos.Picture(c.ctx(), c.site.Community, person, want)
	if err != nil {
		return missingIf(err)
	}
	b, err := c.Photos.ReadRendition(c.ctx(), p.Rendition)
	if err != nil {
		return err
	}
	return c.sendBytes(p.Rendition.Type, b, private)
}

// sendSent answers a picture that is not published.
func (c *call) sendSent(sent association.Temporary, small bool) error {
	file, err := c.original(storage.ID{Community: sent.Community, Key: sent.Upload})
	if err != nil {
		return err
	}
	if !small { // the very file, for nobody else
		mediaType, _ := imaging.Sniff(file[:min(len(file), 64)])
		return c.sendBytes(mediaType, file, private)
	}
	t, err := c.trim(file, c.site.Thumbnail)
	if err != nil {
		return err
	}
	return c.sendBytes(t.Type, t.Bytes, private)
}

// missingIf tells what is not there in Gigya's words.
func missingIf(err error) error {
	if fault.Is(err, fault.NotFound) {
		return noPhoto()
	}
	return err
}

// How pictures may be kept.
const (
	private = "private, no-cache"
	shared  = "public, max-age=31536000, immutable"
)

// sendThumbnail answers the thumbnail of a photo that is served.
func (c *call) sendThumbnail(text string) error {
	if err := c.findSite(c.params.get("apikey")); err != nil {
		return err
	}
	v, err := association.ParseVersion(text)
	if err != nil {
		return noPhoto()
	}
	keep := shared
	if c.Members {
		keep = private
		query := url.Values{"expires": {c.params.get("expires")}, "signature": {c.params.get("signature")}}
		if _, err := c.URLs.Verify(thumbnailName(v), query); err != nil {
			return err
		}
	}
	p, err := c.Photos.VersionPicture(c.ctx(), c.site.Community, v, association.Want{Pixels: imaging.Longest})
	if err != nil {
		return missingIf(err)
	}
	t, err := c.thumbnail(p.Photo)
	if err != nil {
		return missingIf(err)
	}
	return c.sendBytes(t.Type, t.Bytes, keep)
}

// thumbnail returns a photo's, and makes it of the original if there is none: the photo may have come in
// another dialect.
func (c *call) thumbnail(p association.Photo) (association.Thumbnail, error) {
	t, err := c.Shelf.Thumbnail(c.ctx(), p.Version)
	if !fault.Is(err, fault.NotFound) {
		return t, err
	}
	want := association.Want{Shape: imaging.Whole, Pixels: imaging.Longest}
	large, ok := p.Choose(want)
	if !ok {
		return t, association.NoPhoto()
	}
	file, err := c.Photos.ReadRendition(c.ctx(), large)
	if err != nil {
		return t, err
	}
	if t, err = c.trim(file, c.site.Thumbnail); err != nil {
		return t, err
	}
	t.Version = p.Version
	return t, c.Shelf.KeepThumbnail(c.ctx(), t)
}

// sendBytes answers with a picture.
func (c *call) sendBytes(mediaType string, b []byte, keep string) error {
	head := c.Response().Header()
	head.Set("Cache-Control", keep)
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set(echo.HeaderContentLength, strconv.Itoa(len(b)))
	if !c.Members {
		head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	return c.Blob(http.StatusOK, mediaType, b)
}

// thumbnailName is what is signed of a thumbnail's address.
func thumbnailName(v association.Version) string { return "thumbnail " + string(v) }

// addressesOf are where a photo and its thumbnail are shown.
func (c *call) addressesOf(v association.Version) (photo, thumbnail string) {
	base := c.Auth.Guard().Base(c)
	path := fmt.Sprintf("/v1/communities/%s/photos/%s/full", c.site.Community, v)
	query := url.Values{"apiKey": {c.site.APIKey}, "type": {"thumbnail"}, "version": {string(v)}}
	photo = fmt.Sprintf("%s%s?r=%d", base, path, association.Recipe)
	if c.Members {
		photo += "&" + c.URLs.Sign(path).Encode()
		for name, values := range c.URLs.Sign(thumbnailName(v)) {
			query[name] = values
		}
	}
	return photo, base + "/accounts.getProfilePhoto?" + query.Encode()
}
