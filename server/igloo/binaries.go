package igloo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// sandbox lets nothing run that a browser might find in a stranger's file.
const sandbox = "default-src 'none'; sandbox"

// Download answers with the original file, or one range of it, to its owner and to administrators of its
// community. The name at the end of the path is for people; the key decides.
func (h *Handler) Download(c echo.Context) error {
	_, u, err := h.original(c)
	if err != nil {
		return err
	}
	if u.State != storage.Complete || u.Partial {
		return fault.New(fault.NotFound, "the upload is not complete: there is nothing to download yet")
	}
	tag := reply.ETag(u.CRC, u.Length)
	head := c.Response().Header()
	head.Set("ETag", tag)
	head.Set("Cache-Control", "private, no-cache")
	if reply.Matches(c.Request().Header, tag) {
		return c.NoContent(http.StatusNotModified)
	}
	if err := h.showDigest(c, u); err != nil {
		return unsent(c, err)
	}
	part, err := wanted(c.Request(), tag, u.Length)
	if err != nil {
		err = unsent(c, err)
		head.Set("Content-Range", "bytes */"+strconv.FormatInt(u.Length, 10))
		return err
	}
	describeFile(head, u, part)
	return h.send(c, u, part)
}

// describeFile says in the headers what the part is, and that nobody may run it.
func describeFile(head http.Header, u storage.Upload, part part) {
	head.Set("Accept-Ranges", "bytes")
	head.Set("Content-Security-Policy", sandbox)
	head.Set("Content-Disposition", reply.ContentDisposition("attachment", u.Name))
	head.Set("Content-Length", strconv.FormatInt(part.n, 10))
	head.Set("Content-Type", imaging.Canonical(u.Type))
	if part.partial {
		head.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.off, part.off+part.n-1, u.Length))
	}
}

// showDigest tells the file's SHA-256 if it is known, or asked for.
func (h *Handler) showDigest(c echo.Context, u storage.Upload) error {
	return reply.ShowReprDigest(c, u.SHA256, func(ctx context.Context) ([]byte, error) {
		return h.Engine.Digest(ctx, u)
	})
}

// first is how much of a file is read, and so checked, before the answer begins: damage found later can
// only cut it off.
const first = 256 << 10

// send writes the part. An error before the first byte becomes an answer; a later one ends the connection
// early, because fewer bytes follow than the Content-Length says.
func (h *Handler) send(c echo.Context, u storage.Upload, part part) error {
	if c.Request().Method == http.MethodHead {
		return c.NoContent(part.status())
	}
	from, err := h.Engine.Open(c.Request().Context(), u, part.off, part.n)
	if err != nil {
		return unsent(c, err)
	}
	defer from.Close()
	ahead := make([]byte, min(first, part.n))
	if _, err := io.ReadFull(from, ahead); err != nil {
		return unsent(c, fault.Wrap(err, fault.Of(err), "the stored file cannot be read"))
	}
	c.Response().WriteHeader(part.status())
	_, err = io.Copy(c.Response(), io.MultiReader(bytes.NewReader(ahead), from))
	return err
}

// unsent takes back the headers that described a file which cannot be sent.
func unsent(c echo.Context, err error) error {
	for _, name := range []string{
		"Content-Length", "Content-Type", "Content-Range", "Content-Disposition", "ETag", "Accept-Ranges",
		"Repr-Digest",
	} {
		c.Response().Header().Del(name)
	}
	return err
}

// Thumbnail answers with a small picture of an attachment that is or was somebody's photo, to those who may
// see the attachment.
func (h *Handler) Thumbnail(c echo.Context) error {
	want := association.Want{Shape: imaging.Wide, Pixels: defaultWidth}
	if w := c.QueryParam("width"); w != "" {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 || n > maxWidth {
			return fault.New(fault.Invalid, "width must be a number of pixels from 1 to %d", maxWidth).About("width")
		}
		want.Pixels = n
	}
	actor, u, err := h.original(c)
	if err != nil {
		return err
	}
	p, err := h.Photos.Thumbnail(c.Request().Context(), actor, u.ID, want)
	if err != nil {
		return err
	}
	return h.picture(c, u, p.Rendition)
}

// Widths of thumbnails, in pixels.
const (
	defaultWidth = 200
	maxWidth     = 10_000
)

func (h *Handler) picture(c echo.Context, u storage.Upload, r association.Rendition) error {
	tag := reply.ETag(r.CRC, r.Length)
	head := c.Response().Header()
	head.Set("ETag", tag)
	head.Set("Cache-Control", "private, no-cache")
	if reply.Matches(c.Request().Header, tag) {
		return c.NoContent(http.StatusNotModified)
	}
	picture, err := h.Photos.ReadRendition(c.Request().Context(), r)
	if err != nil {
		return unsent(c, err)
	}
	head.Set("Content-Security-Policy", sandbox)
	head.Set("Content-Disposition", reply.ContentDisposition("inline", u.Name))
	head.Set("Content-Length", strconv.FormatInt(r.Length, 10))
	return c.Blob(http.StatusOK, r.Type, picture)
}

// original finds the upload of a path that names no community, by looking into each of the actor's.
func (h *Handler) original(c echo.Context) (association.Actor, storage.Upload, error) {
	actor, err := h.session(c)
	if err != nil {
		return actor, storage.Upload{}, err
	}
	key, err := storage.ParseKey(c.Param("attachmentKey"))
	if err != nil {
		return actor, storage.Upload{}, err
	}
	for _, community := range actor.Memberships() {
		u, err := find(c, h.Engine.Find, actor, storage.ID{Community: community, Key: key})
		if !fault.Is(err, fault.NotFound) {
			return actor, u, err
		}
	}
	return actor, storage.Upload{}, storage.NoUpload()
}
