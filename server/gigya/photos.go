package gigya

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

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

// take judges a photo, keeps it, and publishes it if that is asked for. Order: who may, the bytes, the
// upload, the pointer to it.
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
	thumbnail, mediaType, err := c.judge(file)
	if err != nil {
		return err
	}
	key, err := c.keep(person, file, mediaType)
	if err != nil {
		return err
	}
	sent := association.Temporary{
		Community: c.site.Community, Person: person, Upload: key, Holder: c.caller.holder, Created: c.Clock(),
	}
	if err := c.Shelf.SetTemporary(c.ctx(), sent); err != nil || !publish {
		return err
	}
	return c.publish(sent, thumbnail)
}

// judge wants a picture of one of Gigya's types, and returns its thumbnail.
func (c *call) judge(file []byte) (association.Thumbnail, string, error) {
	mediaType, ok := imaging.Sniff(file[:min(len(file), 64)])
	if !ok || mediaType != imaging.JPEG && mediaType != imaging.PNG && mediaType != imaging.GIF {
		return association.Thumbnail{}, "", wrong(invalidValue,
			"%s: photoBytes must be a picture in PNG, JPEG or GIF", imaging.NotAnImage)
	}
	t, err := c.trim(file, c.site.Thumbnail)
	return t, mediaType, err
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

// PublishProfilePhoto shows the photo that was sent last.
func (h *Handler) PublishProfilePhoto(c echo.Context) error {
	return h.serve(c, method{params: []string{"uid", "thumbnail"}, heavy: true, run: (*call).publishSent})
}

func (c *call) publishSent() (object, error) {
	size, err := c.thumbnailSize()
	if err != nil {
		return nil, err
	}
	person, err := c.about()
	if err != nil {
		return nil, err
	}
	sent, err := c.sent(person)
	if fault.Is(err, fault.NotFound) {
		if p, err := c.Photos.Profile(c.ctx(), c.site.Community, person); err == nil && p.Current != "" {
			return nil, nil // it was published before
		}
		return nil, noPhoto()
	}
	if err != nil {
		return nil, err
	}
	file, err := c.original(storage.ID{Community: sent.Community, Key: sent.Upload})
	if err != nil {
		return nil, err
	}
	thumbnail, err := c.trim(file, size)
	if err != nil {
		return nil, err
	}
	return nil, c.publish(sent, thumbnail)
}

func noPhoto() error { return wrong(missingPhoto, "The user photo requested does not exist.") }

// sent is the photo that a person has sent, if the caller may know of it; NotFound.
func (c *call) sent(person association.GUID) (association.Temporary, error) {
	if err := c.caller.actor.MayEdit(c.site.Community, person); err != nil {
		return association.Temporary{}, err
	}
	t, err := c.Shelf.Temporary(c.ctx(), c.site.Community, person)
	if err == nil && !c.caller.server && t.Holder != c.caller.holder {
		return t, association.NoPhoto()
	}
	return t, err
}

// thumbnailSize is "width,height" of the call, or the site's.
func (c *call) thumbnailSize() (association.Box, error) {
	text := c.params.get("thumbnail")
	if text == "" {
		return c.site.Thumbnail, nil
	}
	w, h, _ := strings.Cut(text, ",")
	size, ok := parseBox(w, h)
	if !ok {
		return size, wrong(invalidValue, "thumbnail must be a width and a height of 1 to %d", imaging.LongestTrim)
	}
	return size, nil
}

func parseBox(width, height string) (association.Box, bool) {
	w, badWidth := strconv.Atoi(strings.TrimSpace(width))
	h, badHeight := strconv.Atoi(strings.TrimSpace(height))
	fits := badWidth == nil && badHeight == nil && min(w, h) >= 1 && max(w, h) <= imaging.LongestTrim
	return association.Box{Width: w, Height: h}, fits
}

// publish makes a photo that was sent the one that is shown. Order: the photo's row, its thumbnail, what was
// said of the photo before, and the wait until it can be shown. What was sent is forgotten last: a client
// that repeats a publishing that was cut off finishes it.
func (c *call) publish(sent association.Temporary, thumbnail association.Thumbnail) error {
	id := storage.ID{Community: sent.Community, Key: sent.Upload}
	p, err := c.Photos.Associate(c.ctx(), c.caller.actor, id, sent.Person)
	switch kindOf(err) {
	case 0:
	case fault.NotFound, fault.Gone:
		return noPhoto()
	default:
		return err
	}
	thumbnail.Version = p.Version
	if err := c.Shelf.KeepThumbnail(c.ctx(), thumbnail); err != nil {
		return err
	}
	if err := c.forgetPictures(p.Person); err != nil {
		return err
	}
	if err := c.await(p); err != nil {
		return err
	}
	return c.Shelf.DropTemporary(c.ctx(), sent)
}

// How long a client waits for its photo to be shown, and how often is looked.
const (
	showWait = 10 * time.Second
	showLook = 20 * time.Millisecond
)

// await waits until the photo is shown. One that takes longer is shown later.
func (c *call) await(p association.Photo) error {
	end := time.NewTimer(showWait)
	defer end.Stop()
	look := time.NewTicker(showLook)
	defer look.Stop()
	for {
		now, err := c.Photos.Version(c.ctx(), p.Community, p.Version)
		switch {
		case err != nil:
			return err
		case now.State == association.Failed:
			reason := imaging.Reason(now.Reason)
			return wrong(invalidValue, "%s: %s", reason, reason.Sentence())
		case now.State != association.Pending:
			return nil
		}
		select {
		case <-look.C:
		case <-end.C:
			return nil
		case <-c.ctx().Done():
			return fmt.Errorf("the client has gone: %w", c.ctx().Err())
		}
	}
}

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
