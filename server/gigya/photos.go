package gigya

import (
	"bytes"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// SetProfilePhoto takes a photo in base64, and publishes it if that is asked for.
func (h *Handler) SetProfilePhoto(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"uid", lowPhotoBytes, "publish"}, photo: true,
		run: func(c *call) (object, error) {
			if len(c.params.bytes(lowPhotoBytes)) == 0 {
				return nil, missing("photoBytes")
			}
			return nil, c.take(func() ([]byte, error) { return decodePhoto(c.params.bytes(lowPhotoBytes)) })
		},
	})
}

// UploadProfilePhoto takes a photo from a form of a page.
func (h *Handler) UploadProfilePhoto(c echo.Context) error {
	c.Set(savedKey, true)
	return h.serve(c, method{
		params: []string{"uid", "publish"}, photo: true,
		run: func(c *call) (object, error) {
			if c.params.file == nil {
				return nil, missing(photoField)
			}
			return nil, c.take(func() ([]byte, error) { return c.params.file, nil })
		},
	})
}

// ImportProfilePhoto fetches a photo from a URL.
func (h *Handler) ImportProfilePhoto(c echo.Context) error {
	return h.serve(c, method{
		params: []string{"uid", "url", "publish"}, heavy: true,
		run: func(c *call) (object, error) {
			from, err := c.params.want("url")
			if err != nil {
				return nil, err
			}
			return nil, c.take(func() ([]byte, error) { return c.fetch(from) })
		},
	})
}

func (c *call) fetch(from string) ([]byte, error) {
	p, err := c.Fetcher.Fetch(c.ctx(), from)
	switch kindOf(err) {
	case fault.NotFound:
		return nil, wrong(invalidURL, "%s", fault.Public(err).Message).because(err)
	case fault.TooLarge:
		return nil, errPhotoTooLarge()
	}
	return p.Bytes, err
}

// take judges a photo, and keeps it as the one that was sent last, or publishes it. Order: who may, the
// bytes, the upload, the pointer to it.
func (c *call) take(read func() ([]byte, error)) error {
	publish, err := c.params.truth("publish")
	if err != nil {
		return err
	}
	person, err := c.about()
	if err != nil {
		return err
	}
	if err := c.caller.actor.MayEdit(c.site.Community, person); err != nil {
		return err
	}
	file, err := read()
	if err != nil {
		return err
	}
	mediaType, ok := imaging.Sniff(file[:min(len(file), 64)])
	if !ok || mediaType != imaging.JPEG && mediaType != imaging.PNG && mediaType != imaging.GIF {
		return wrong(invalidValue, "%s: photoBytes must be a picture in PNG, JPEG or GIF", imaging.NotAnImage)
	}
	if !publish { // else it is judged by who renders it: a large picture takes long to decode
		if _, err := c.trim(file, c.site.Thumbnail); err != nil {
			return err
		}
	}
	key, err := c.keep(person, file, mediaType)
	if err != nil {
		return err
	}
	sent := association.Temporary{
		Community: c.site.Community, Person: person, Upload: key, Holder: c.caller.holder, Created: c.Clock(),
	}
	c.params.drop() // it is kept, and who renders it needs room
	if publish {
		return c.show(sent)
	}
	return c.Shelf.SetTemporary(c.ctx(), sent)
}

func (c *call) trim(file []byte, size association.Box) (association.Thumbnail, error) {
	r, err := c.Trim(c.ctx(), file, size)
	return association.Thumbnail{Size: size, Type: r.Type, Bytes: r.Bytes}, err
}

// keep makes an upload of a file.
func (c *call) keep(person association.GUID, file []byte, mediaType string) (storage.Key, error) {
	u, err := c.Engine.Create(c.ctx(), storage.New{
		Community: c.site.Community, Owner: person.Subject(), Length: int64(len(file)), Type: mediaType,
		Name: "photo." + strings.TrimPrefix(mediaType, "image/"), Note: association.PictureOnly,
	})
	if err != nil {
		return "", err
	}
	u, err = c.Engine.Append(c.ctx(), storage.Write{
		ID: u.ID, Len: u.Length, Total: u.Length, Body: held{bytes.NewReader(file)},
	})
	return u.Key, err
}

// held is a storage.Body that stands in memory already.
type held struct{ *bytes.Reader }

// Interrupt does nothing: no Read ever waits.
func (held) Interrupt() {}

// RemoveProfilePhoto takes away the photo that is shown, and one that was sent.
func (h *Handler) RemoveProfilePhoto(c echo.Context) error {
	return h.serve(c, method{params: []string{"uid"}, run: func(c *call) (object, error) {
		person, err := c.about()
		if err != nil {
			return nil, err
		}
		sent, err := c.sent(person)
		if err == nil {
			err = c.Shelf.DropTemporary(c.ctx(), sent)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		err = c.Photos.Remove(c.ctx(), c.caller.actor, c.site.Community, person)
		if err == nil {
			err = c.forgetPictures(person)
		}
		if fault.Is(err, fault.NotFound) { // about to register: there is nothing to remove
			err = nil
		}
		return nil, err
	}})
}
