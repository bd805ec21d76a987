package salesforce

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/server/auth"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// The sizes in which a photo is shown, in pixels of its width.
const (
	large  = 200
	medium = 160
	small  = 64
	tiny   = 45 // in e-mails
)

// sizes are the last parts of addresses.
var sizes = map[string]int{"F": large, "M": medium, "T": small}

// none stands in addresses for the version of who has no photo.
const none = "005"

// How long answers may be kept: one that never changes, and one that soon does.
const (
	forever = "max-age=31536000, immutable"
	soon    = "max-age=10"
)

// address is where a photo is shown; the one that is to come is at the address of the Photo without version.
func (h *Handler) address(base string, p association.Photo, size string) string {
	if p.Version == "" {
		return base + "/profilephoto/" + none + "/" + size
	}
	path := "/profilephoto/" + photoPrefix + string(p.Version) + "/" + size
	if h.Members {
		return base + path + "?" + h.URLs.Sign(path).Encode()
	}
	return base + path
}

// want is the rendition of a photo in a size. Without a crop the large ones show the whole picture.
func want(p association.Photo, pixels int) association.Want {
	if p.Crop == (imaging.Crop{}) && (pixels == large || pixels == medium) {
		return association.Want{Shape: imaging.Wide, Pixels: pixels}
	}
	return association.Want{Shape: imaging.Square, Pixels: pixels}
}

// ProfilePhoto answers with one photo in one size: the bytes of such an address never change once the photo
// is ready. Until then, and after it was removed, it is what the person shows now, or the default picture.
func (h *Handler) ProfilePhoto(c echo.Context) error {
	pixels, known := sizes[c.Param("size")]
	if !known {
		return association.NoPhoto()
	}
	if c.Param("version") == none {
		if err := reply.NoteActor(c, ""); err != nil {
			return err
		}
		return h.nobody(c, pixels)
	}
	rest, err := h.admit(c)
	if err != nil {
		return err
	}
	name, err := parseID(photoPrefix, c.Param("version"))
	if err != nil {
		return association.NoPhoto()
	}
	return h.show(c, association.Version(name), pixels, rest)
}

// admit notes who asks, and lets those pass to whom photos are shown. It says how a photo may be kept.
func (h *Handler) admit(c echo.Context) (string, error) {
	if !h.Members {
		return "public, " + forever, reply.NoteActor(c, "")
	}
	if query := c.QueryParams(); auth.Signed(query) {
		if err := reply.NoteActor(c, ""); err != nil {
			return "", err
		}
		rest, err := h.URLs.Verify(c.Request().URL.Path, query)
		return "private, max-age=" + strconv.FormatInt(int64(rest/time.Second), 10), err
	}
	actor, err := h.session(c)
	if err != nil {
		return "", err
	}
	name, err := parseID(photoPrefix, c.Param("version"))
	if err != nil {
		return "", association.NoPhoto()
	}
	community, err := h.Photos.Where(c.Request().Context(), association.Version(name))
	if err != nil {
		return "", err
	}
	if actor.Enter(community) != nil {
		return "", association.NoPhoto() // whose it is, is not theirs to know
	}
	return "private, " + forever, nil
}

// show answers with a version, or with what stands for it.
func (h *Handler) show(c echo.Context, v association.Version, pixels int, keep string) error {
	ctx := c.Request().Context()
	community, err := h.Photos.Where(ctx, v)
	if err != nil {
		return err
	}
	p, err := h.Photos.Version(ctx, community, v)
	if err != nil {
		return err
	}
	picture, err := h.Photos.VersionPicture(ctx, community, v, want(p, pixels))
	if fault.Is(err, fault.NotFound) {
		picture, err = h.instead(ctx, p, pixels)
		scope, _, _ := strings.Cut(keep, ",")
		keep = scope + ", " + soon
	}
	if fault.Is(err, fault.NotFound) {
		return h.nobody(c, pixels)
	}
	if err != nil {
		return err
	}
	return h.serve(c, picture.Rendition, keep)
}

// instead is the photo that a person shows while another is prepared; NotFound.
func (h *Handler) instead(ctx context.Context, p association.Photo, pixels int) (association.Picture, error) {
	if p.State == association.Removed {
		return association.Picture{}, association.NoPhoto()
	}
	current, err := h.Photos.Current(ctx, p.Community, p.Person)
	if err != nil {
		return association.Picture{}, err
	}
	return h.Photos.VersionPicture(ctx, p.Community, current.Version, want(current, pixels))
}

func (h *Handler) serve(c echo.Context, r association.Rendition, keep string) error {
	head, tag := c.Response().Header(), reply.ETag(r.CRC, r.Length)
	describe := func() {
		h.shareable(head)
		head.Set("ETag", tag)
		head.Set("Cache-Control", keep)
	}
	if reply.Matches(c.Request().Header, tag) {
		describe()
		return c.NoContent(http.StatusNotModified)
	}
	b, err := h.Photos.ReadRendition(c.Request().Context(), r)
	if err != nil {
		return err
	}
	describe()
	head.Set("Content-Length", strconv.Itoa(len(b)))
	return c.Blob(http.StatusOK, r.Type, b)
}

// shareable lets pages of other sites show a picture, and nothing run in it.
func (h *Handler) shareable(head http.Header) {
	if !h.Members {
		head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// nobody answers with the default picture.
func (h *Handler) nobody(c echo.Context, pixels int) error {
	b, err := h.Default(pixels)
	if err != nil {
		return err
	}
	head := c.Response().Header()
	h.shareable(head)
	head.Set("Cache-Control", "public, "+soon)
	head.Set("Content-Length", strconv.Itoa(len(b)))
	return c.Blob(http.StatusOK, imaging.PNG, b)
}

// defaults are the names of the default pictures for e-mails.
var defaults = map[string]int{
	"default_profile_200_v2.png": large,
	"default_profile_45_v2.png":  tiny,
}

// DefaultPhoto answers with a default picture by its name.
func (h *Handler) DefaultPhoto(c echo.Context) error {
	if err := reply.NoteActor(c, ""); err != nil {
		return err
	}
	pixels, known := defaults[c.Param("name")]
	if !known {
		return association.NoPhoto()
	}
	return h.nobody(c, pixels)
}

// clock is the Service's.
func (h *Handler) clock() storage.Millis { return h.Photos.Clock() }
