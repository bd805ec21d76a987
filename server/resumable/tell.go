package resumable

import (
	"context"
	"net/http"
	"strconv"

	"github.com/dunglas/httpsfv"
	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage"
)

// Headers lists the header fields of this dialect that a page from elsewhere must be allowed to send, and to
// read.
func Headers() (request, response []string) {
	both := []string{
		versionHeader, "Upload-Complete", "Upload-Incomplete", "Upload-Length", "Upload-Offset", "Repr-Digest",
	}
	request = append([]string{
		"Authorization", "Content-Disposition", "Content-Type", "Content-Digest", "Content-MD5", "Idempotency-Key",
		"Upload-Metadata", "Want-Repr-Digest",
	}, both...)
	response = append([]string{"Accept-Patch", "Location", "Retry-After", "Upload-Limit"}, both...)
	return request, response
}

// tell says in headers how far the upload has come, in the words of the client's version.
func (h *Handler) tell(c echo.Context, u storage.Upload) {
	v, _ := h.speaks(c.Request().Header)
	head := c.Response().Header()
	head.Set("Cache-Control", "no-store")
	head.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	// Of one that was given up or has expired not all bytes were there to be judged.
	v.sayComplete(head, u.State == storage.Complete || u.State == storage.Failed)
	if u.Length != storage.Unknown {
		head.Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	}
	h.limit(head, v, u, u.Wish != "")
}

// most is how many bytes an upload may have, or one that is to be a photo.
func (h *Handler) most(photo bool) int64 {
	if photo {
		return min(h.Engine.Limits.MaxSize, h.MaxPhoto)
	}
	return h.Engine.Limits.MaxSize
}

// limit says what an upload may still be: its size and, while it takes bytes, its age in seconds. Of the zero
// Upload it says what a new one may be.
func (h *Handler) limit(head http.Header, v Version, u storage.Upload, photo bool) {
	limits := httpsfv.NewDictionary()
	limits.Add("max-size", httpsfv.NewItem(h.most(photo)))
	age := "max-age"
	if v == typed {
		age = "expires"
	}
	switch {
	case u.Key == "":
		limits.Add(age, httpsfv.NewItem(int64(h.Engine.Limits.Expiry.Seconds())))
	case u.State == storage.Active:
		left := u.Expires.Time().Sub(h.Clock().Time())
		limits.Add(age, httpsfv.NewItem(max(0, int64(left.Seconds()))))
	}
	if text, err := httpsfv.Marshal(limits); err == nil {
		head.Set("Upload-Limit", text)
	}
}

// digest tells the file's SHA-256 if it is known, or asked for.
func (h *Handler) digest(c echo.Context, u storage.Upload) error {
	if u.State != storage.Complete {
		return nil
	}
	return reply.ShowReprDigest(c, u.SHA256, func(ctx context.Context) ([]byte, error) {
		return h.Engine.Digest(ctx, u)
	})
}

// finished is the final answer to the request that completed an upload.
type finished struct {
	Key           string `json:"key"`
	ContentLength int64  `json:"contentLength"` // bytes
	ContentType   string `json:"contentType"`
	Name          string `json:"name"`
	State         string `json:"state"`
}

// finish makes true what the upload wishes, and answers.
func (h *Handler) finish(c echo.Context, status int, u storage.Upload) error {
	if err := h.Finish(c, u); err != nil {
		return err
	}
	if err := h.digest(c, u); err != nil {
		return err
	}
	return reply.JSON(c, status, finished{string(u.Key), u.Length, u.Type, u.Name, u.State.String()})
}
