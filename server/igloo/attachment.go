package igloo

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage"
)

// attachment is an upload as this dialect shows it.
type attachment struct {
	Key               string `json:"key"`
	ContentLength     int64  `json:"contentLength,omitempty"` // bytes; absent while it is unknown
	ContentType       string `json:"contentType"`
	BinaryLocation    string `json:"binaryLocation,omitempty"`    // once complete
	ThumbnailLocation string `json:"thumbnailLocation,omitempty"` // once complete
	Name              string `json:"name"`
	IsProfilePhoto    bool   `json:"isProfilePhoto"`
	State             string `json:"state"`
	Reason            string `json:"reason,omitempty"` // why it failed
	IsComplete        bool   `json:"isComplete"`
	UploadedLength    int64  `json:"uploadedLength"` // bytes that are durable
	FileID            string `json:"fileId"`
}

// show answers with the upload.
func (h *Handler) show(c echo.Context, status int, u storage.Upload) error {
	a := attachment{
		Key: string(u.Key), ContentLength: max(u.Length, 0), ContentType: u.Type, Name: u.Name,
		State: u.State.String(), Reason: u.Reason, IsComplete: u.State == storage.Complete,
		UploadedLength: u.Offset, FileID: fileID(u.Key),
	}
	if a.IsComplete {
		var err error
		if a.IsProfilePhoto, err = h.Photos.IsProfilePhoto(c.Request().Context(), u.ID); err != nil {
			return err
		}
		a.BinaryLocation = "/.api2/binaries/" + a.Key + "/download/" + url.PathEscape(u.Name)
		a.ThumbnailLocation = "/.api2/binaries/" + a.Key + "/thumbnails/" + url.PathEscape(u.Name)
	}
	progress(c, u)
	return reply.JSON(c, status, a)
}

// told is 200 for a complete upload and 202 for one that wants more bytes.
func told(u storage.Upload) int {
	if u.State == storage.Complete {
		return http.StatusOK
	}
	return http.StatusAccepted
}

// fileID is the key in the form of a Salesforce file id: the prefix 069, the key in twelve characters, and
// three that carry the case of the other fifteen, so that a program that ignores case still tells ids
// apart.
func fileID(k storage.Key) string {
	id := "069" + "00" + string(k)
	return id + caseSuffix(id)
}

// caseSuffix has a character for each five of id: bit i is set if the i-th of the five is an upper-case
// letter.
func caseSuffix(id string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var out []byte
	for five := range len(id) / 5 {
		bits := 0
		for i := range 5 {
			if c := id[five*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		out = append(out, digits[bits])
	}
	return string(out)
}
