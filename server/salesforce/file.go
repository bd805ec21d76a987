package salesforce

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

var fileFields = [...]string{"title", "desc"}

// fileForm is that of a file. What its title and description say is not kept.
func fileForm() form {
	return form{root: "file", fields: fileFields[:], rich: []string{"json"}, binary: "fileData"}
}

// PostFile stores a file of the caller's, from which photos can be made.
func (h *Handler) PostFile(c echo.Context) error {
	who, err := h.caller(c)
	if err != nil {
		return err
	}
	person, err := h.person(c, who)
	if err != nil {
		return err
	}
	if person != who.actor.In(who.community) {
		return fault.New(fault.Forbidden, "files are uploaded by their owner")
	}
	in, err := h.readForm(c, who, fileForm())
	if err == nil && in.brought.Key == "" {
		err = refuse(missing, "a fileData is wanted")
	}
	if err != nil {
		h.giveUp(context.WithoutCancel(c.Request().Context()), in.brought)
		return err
	}
	return h.describeFile(c, http.StatusCreated, who, in.brought)
}

// GetFile describes a file to its owner and to administrators.
func (h *Handler) GetFile(c echo.Context) error {
	who, u, err := h.asked(c)
	if err != nil {
		return err
	}
	return h.describeFile(c, http.StatusOK, who, u)
}

// DeleteFile gives a file up. One that is somebody's photo is Conflict: the photo is to be removed first.
func (h *Handler) DeleteFile(c echo.Context) error {
	_, u, err := h.asked(c)
	if err != nil {
		return err
	}
	if err := h.Engine.Cancel(c.Request().Context(), u.ID); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}

// asked is the file of the path.
func (h *Handler) asked(c echo.Context) (caller, storage.Upload, error) {
	who, err := h.caller(c)
	if err != nil {
		return who, storage.Upload{}, err
	}
	id, err := reply.Param(c, "fileId")
	if err != nil {
		return who, storage.Upload{}, err
	}
	u, err := h.file(c.Request().Context(), who, id, c.QueryParam("versionNumber"))
	return who, u, err
}

// file is an upload of the caller's, or of somebody in a community that they administer, as a file. It has
// one version; another number is NotFound.
func (h *Handler) file(ctx context.Context, who caller, id, number string) (storage.Upload, error) {
	key, err := parseFileID(id)
	if err != nil {
		return storage.Upload{}, err
	}
	if number != "" {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil || n < 1 {
			return storage.Upload{}, refuse(illegalValue, "versionNumber must be a number from 1 on")
		}
		if n > 1 {
			return storage.Upload{}, fault.New(fault.NotFound, "the file has no such version")
		}
	}
	u, err := h.Engine.Find(ctx, storage.ID{Community: who.community, Key: key})
	if u.Key == "" {
		return u, err
	}
	if foreign := who.actor.See(u); foreign != nil {
		return storage.Upload{}, foreign
	}
	if err != nil {
		return storage.Upload{}, err
	}
	if u.State != storage.Complete || u.Partial || u.Note == association.PictureOnly {
		return storage.Upload{}, storage.NoUpload()
	}
	return u, nil
}

// describeFile answers with the file.
func (h *Handler) describeFile(c echo.Context, status int, who caller, u storage.Upload) error {
	id, extension := fileID(u.Key), strings.TrimPrefix(path.Ext(u.Name), ".")
	at := "/services/data/" + who.version.String() + "/connect/files/" + id
	_, kind, _ := strings.Cut(u.Type, "/")
	return tell(c, status, map[string]any{
		"id": id, "url": at, "downloadUrl": at + "/content?versionNumber=1", "versionNumber": "1",
		"contentSize": u.Length, "mimeType": u.Type, "fileType": strings.ToUpper(kind),
		"name": u.Name, "title": strings.TrimSuffix(u.Name, "."+extension), "fileExtension": extension,
	})
}

// ahead is how much of a file is read, and so checked, before the answer begins, in bytes.
const ahead = 256 << 10

// FileContent answers with the bytes of a file.
func (h *Handler) FileContent(c echo.Context) error {
	_, u, err := h.asked(c)
	if err != nil {
		return err
	}
	from, err := h.Engine.Open(c.Request().Context(), u, 0, u.Length)
	if err != nil {
		return err
	}
	defer from.Close()
	first := make([]byte, min(ahead, u.Length))
	if _, err := io.ReadFull(from, first); err != nil {
		return fault.Wrap(err, fault.Of(err), "the stored file cannot be read")
	}
	head := c.Response().Header()
	head.Set("Cache-Control", "private, no-cache")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Content-Disposition", reply.ContentDisposition("attachment", u.Name))
	head.Set("Content-Length", strconv.FormatInt(u.Length, 10))
	head.Set("Content-Type", u.Type)
	c.Response().WriteHeader(http.StatusOK)
	_, err = io.Copy(c.Response(), io.MultiReader(bytes.NewReader(first), from))
	return err
}
