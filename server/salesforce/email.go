package salesforce

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// emailLife is how long an address in an e-mail shows the photo.
const emailLife = 30 * 24 * time.Hour

// emailAddress is where a photo is shown to whoever has the address, for a time. It says nothing of whose
// photo it is. Of a photo that is not ready it is the default picture's, as Salesforce has it.
func (h *Handler) emailAddress(base string, p association.Photo, pixels int) (string, error) {
	if p.State != association.Ready {
		return base + "/img/userprofile/default_profile_" + strconv.Itoa(pixels) + "_v2.png?fromEmail=1", nil
	}
	until := h.clock().Add(emailLife)
	token := h.Sealer.Seal([]byte(strings.Join([]string{
		string(p.Version), strconv.Itoa(pixels), strconv.FormatInt(int64(until), 10),
	}, " ")))
	return base + "/ncsphoto/" + url.PathEscape(token) + "?fromEmail=1", nil
}

// EmailPhoto answers with the photo of an address that emailAddress has made. Nobody signs in for it.
func (h *Handler) EmailPhoto(c echo.Context) error {
	if err := reply.NoteActor(c, ""); err != nil {
		return err
	}
	token, err := reply.Param(c, "token")
	if err != nil {
		return err
	}
	text, err := h.Sealer.Open(token)
	if err != nil { // whoever has no address that was good is told no more than of one that never was
		return fault.Wrap(err, fault.NotFound, "there is no photo at this address")
	}
	version, rest, _ := strings.Cut(string(text), " ")
	size, expires, _ := strings.Cut(rest, " ")
	until, wrongTime := strconv.ParseInt(expires, 10, 64)
	pixels, wrongSize := strconv.Atoi(size)
	left := storage.Millis(until) - h.clock()
	if wrongTime != nil || wrongSize != nil || left <= 0 {
		return fault.New(fault.Gone, "this address has expired")
	}
	keep := "private, max-age=" + strconv.FormatInt(int64(left/1000), 10)
	return h.show(c, association.Version(version), pixels, keep)
}
