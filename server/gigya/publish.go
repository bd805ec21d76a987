package gigya

import (
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
	p, err := c.associate(sent)
	if err != nil {
		return err
	}
	thumbnail.Version = p.Version
	if err := c.Shelf.KeepThumbnail(c.ctx(), thumbnail); err != nil {
		return err
	}
	if err := c.forgetPictures(p.Person); err != nil {
		return err
	}
	if _, err := c.await(p); err != nil {
		return err
	}
	return c.Shelf.DropTemporary(c.ctx(), sent)
}

// associate makes a photo that was sent its person's next one.
func (c *call) associate(sent association.Temporary) (association.Photo, error) {
	id := storage.ID{Community: sent.Community, Key: sent.Upload}
	p, err := c.Photos.Associate(c.ctx(), c.caller.actor, id, sent.Person)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		err = noPhoto()
	}
	return p, err
}

// show makes a photo that nobody has judged yet the one that is shown. Order: the photo's row, the wait until
// it can be shown or is refused, and only then what takes the place of something: a refused photo leaves all
// as it was.
func (c *call) show(sent association.Temporary) error {
	p, err := c.associate(sent)
	if err != nil {
		return err
	}
	if p, err = c.await(p); err != nil {
		return err
	}
	t, err := c.thumbnailOf(p)
	if err != nil {
		return err
	}
	if err := c.Shelf.KeepThumbnail(c.ctx(), t); err != nil {
		return err
	}
	if err := c.forgetPictures(p.Person); err != nil {
		return err
	}
	before, err := c.Shelf.Temporary(c.ctx(), p.Community, p.Person)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.Shelf.DropTemporary(c.ctx(), before)
}

// thumbnailOf is a photo's in the site's size. It is made of the large rendition, which is decoded soon,
// where that has the pixels; else of the original, which may be refused: the photo may be pending still.
func (c *call) thumbnailOf(p association.Photo) (association.Thumbnail, error) {
	size := c.site.Thumbnail
	read := func() ([]byte, error) { return c.original(p.ID()) }
	large, ok := p.Choose(association.Want{Shape: imaging.Whole, Pixels: imaging.Longest})
	if ok && large.Width >= size.Width && large.Height >= size.Height {
		read = func() ([]byte, error) { return c.Photos.ReadRendition(c.ctx(), large) }
	}
	file, err := read()
	if err != nil {
		return association.Thumbnail{}, err
	}
	t, err := c.trim(file, size)
	t.Version = p.Version
	return t, err
}

// How long a client waits for its photo to be shown, and how often is looked.
const (
	showWait = 10 * time.Second
	showLook = 20 * time.Millisecond
)

// await returns the photo when it is shown, or pending still after a while.
func (c *call) await(p association.Photo) (association.Photo, error) {
	end := time.NewTimer(showWait)
	defer end.Stop()
	look := time.NewTicker(showLook)
	defer look.Stop()
	for {
		now, err := c.Photos.Version(c.ctx(), p.Community, p.Version)
		switch {
		case err != nil:
			return p, err
		case now.State == association.Failed:
			reason := imaging.Reason(now.Reason)
			return p, wrong(invalidValue, "%s: %s", reason, reason.Sentence())
		case now.State != association.Pending:
			return now, nil
		}
		select {
		case <-look.C:
		case <-end.C:
			return p, nil
		case <-c.ctx().Done():
			return p, fmt.Errorf("the client has gone: %w", c.ctx().Err())
		}
	}
}
