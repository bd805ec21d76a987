package salesforce

import (
	"bytes"
	"context"
	"crypto/md5" // what Salesforce calls a checksum; nothing is protected by it
	"encoding/hex"
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

// fileForm is that of a file, whose upload belongs to its owner.
func fileForm(owner storage.Subject) form {
	return form{
		root: "file", fields: fileFields[:], rich: []string{"json"}, binary: "fileData", owner: owner,
		digest: md5.New(),
	}
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
	f, err := h.readFile(c, who, fileForm(person.Subject()), "")
	if err != nil {
		return err
	}
	return h.describeFile(c, http.StatusCreated, who, f)
}

// PostVersion stores another version of a file, for its owner or, in their name, an administrator.
func (h *Handler) PostVersion(c echo.Context) error {
	switch method := methodOf(c); method {
	case http.MethodPost:
	case http.MethodGet:
		return h.GetFile(c)
	case http.MethodDelete:
		return h.DeleteFile(c)
	default:
		return errMethod(c, "DELETE,GET,POST")
	}
	who, before, err := h.asked(c)
	if err != nil {
		return err
	}
	kind := fileForm(before.upload.Owner)
	kind.note = association.LaterVersion
	f, err := h.readFile(c, who, kind, before.File)
	if err != nil {
		return err
	}
	return h.describeFile(c, http.StatusCreated, who, f)
}

// readFile stores what the request brings as the next version of a file, or, of "", as a new one. What is
// refused is given up.
func (h *Handler) readFile(c echo.Context, who caller, kind form, of storage.Key) (file, error) {
	ctx := context.WithoutCancel(c.Request().Context())
	in, err := h.readForm(c, who, kind)
	if err == nil && in.brought.Key == "" {
		err = refuse(missing, "a fileData is wanted")
	}
	if err == nil {
		err = in.described()
	}
	f := file{upload: in.brought, FileVersion: association.FileVersion{
		Community: who.community, File: of, Upload: in.brought.Key,
		Title: in.fields["title"], Description: in.fields["desc"],
		Checksum: hex.EncodeToString(kind.digest.Sum(nil)),
	}}
	if of == "" {
		f.File = in.brought.Key
	}
	if err == nil {
		f.Number, err = h.Files.AddFileVersion(ctx, f.FileVersion)
	}
	if err != nil {
		h.giveUp(ctx, in.brought)
	}
	return f, err
}

// How long what is said of a file may be, in bytes.
const (
	maxTitle       = 255
	maxDescription = 1000
)

// described is nil for a title and a description that can be kept and shown.
func (in input) described() error {
	title, description := in.fields["title"], in.fields["desc"]
	if len(title) > maxTitle || len(description) > maxDescription {
		return refuse(invalidInput, "title has at most %d bytes, desc %d", maxTitle, maxDescription)
	}
	odd := func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }
	if strings.ContainsFunc(title+description, odd) {
		return refuse(invalidInput, "title and desc are text")
	}
	return nil
}

// GetFile describes a file to its owner and to administrators.
func (h *Handler) GetFile(c echo.Context) error {
	who, f, err := h.asked(c)
	if err != nil {
		return err
	}
	return h.describeFile(c, http.StatusOK, who, f)
}

// describeFile answers with the file.
func (h *Handler) describeFile(c echo.Context, status int, who caller, f file) error {
	owner, err := h.owner(c, who, f.upload)
	if err != nil {
		return err
	}
	u, id, number := f.upload, fileID(f.File), strconv.Itoa(f.Number)
	extension := strings.TrimPrefix(path.Ext(u.Name), ".")
	at := room(c, who) + "files/" + id
	_, kind, _ := strings.Cut(u.Type, "/")
	said := map[string]any{
		"id": id, "url": at, "downloadUrl": at + "/content?versionNumber=" + number, "versionNumber": number,
		"contentSize": u.Length, "mimeType": u.Type, "fileType": strings.ToUpper(kind), "owner": owner,
		"name": u.Name, "title": f.Title, "description": f.Description, "checksum": f.Checksum,
		"fileExtension": extension,
	}
	if f.Title == "" {
		said["title"] = strings.TrimSuffix(u.Name, "."+extension)
	}
	for _, name := range [...]string{"description", "checksum"} { // of an upload that came in other words
		if said[name] == "" {
			said[name] = nil
		}
	}
	return tell(c, status, said)
}

// owner describes whose a file is; nil for somebody who is no person, such as the server of a site of Gigya.
func (h *Handler) owner(c echo.Context, who caller, u storage.Upload) (any, error) {
	ctx, at := c.Request().Context(), target{who, association.GUID(u.Owner)}
	known, err := h.Photos.Profile(ctx, u.Community, at.person)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	told, err := h.shown(ctx, known)
	if err != nil {
		return nil, err
	}
	id, photo, err := h.resource(c, at, known, told)
	return map[string]any{"id": id.Shown, "name": known.Name, "photo": photo, "type": "User"}, err
}

// ahead is how much of a file is read, and so checked, before the answer begins, in bytes.
const ahead = 256 << 10

// FileContent answers with the bytes of a file.
func (h *Handler) FileContent(c echo.Context) error {
	_, f, err := h.asked(c)
	if err != nil {
		return err
	}
	u := f.upload
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
