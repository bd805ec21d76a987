package salesforce

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Files know the versions of files. Its methods join the transaction of their context.
type Files interface {
	// AddFileVersion keeps a version under the number that comes next, and returns that: 1 of an upload that is
	// the file itself.
	AddFileVersion(ctx context.Context, v association.FileVersion) (int, error)
	// FileVersions returns the versions of which something is known, the latest first. The first version of a
	// file that came in other words than Salesforce's is not among them.
	FileVersions(ctx context.Context, c storage.Community, file storage.Key) ([]association.FileVersion, error)
	// DropFileVersions forgets all versions of a file; their uploads stay.
	DropFileVersions(ctx context.Context, c storage.Community, file storage.Key) error
}

// file is a version of a file, and its upload.
type file struct {
	association.FileVersion
	upload storage.Upload
}

// asked is the file of the path, in the version of the query.
func (h *Handler) asked(c echo.Context) (caller, file, error) {
	who, err := h.caller(c)
	if err != nil {
		return who, file{}, err
	}
	id, err := reply.Param(c, "fileId")
	if err != nil {
		return who, file{}, err
	}
	f, err := h.file(c.Request().Context(), who, id, c.QueryParam("versionNumber"))
	return who, f, err
}

// file is the version of a number, or, for "", the latest one that is there: of a file of the caller's, or of
// somebody in a community that they administer. Else it is NotFound.
func (h *Handler) file(ctx context.Context, who caller, id, number string) (file, error) {
	key, err := parseFileID(id)
	if err != nil {
		return file{}, err
	}
	wanted, err := parseNumber(number)
	if err != nil {
		return file{}, err
	}
	all, err := h.versions(ctx, who.community, key)
	if err != nil {
		return file{}, err
	}
	for _, v := range all {
		if wanted != 0 && v.Number != wanted {
			continue
		}
		u, err := h.upload(ctx, who, v)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
			continue
		}
		return file{v, u}, err
	}
	return file{}, storage.NoUpload()
}

// parseNumber reads the number of a version; "" is 0.
func parseNumber(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return 0, refuse(illegalValue, "versionNumber must be a number from 1 on")
	}
	return int(n), nil
}

// versions are all of a file, the latest first. An upload that came in other words is its own first one.
func (h *Handler) versions(
	ctx context.Context, c storage.Community, key storage.Key,
) ([]association.FileVersion, error) {
	all, err := h.Files.FileVersions(ctx, c, key)
	first := func(v association.FileVersion) bool { return v.Number == 1 }
	if err == nil && !slices.ContainsFunc(all, first) {
		all = append(all, association.FileVersion{Community: c, File: key, Number: 1, Upload: key})
	}
	return all, err
}

// upload is that of a version, if the caller may see it and it is complete.
func (h *Handler) upload(ctx context.Context, who caller, v association.FileVersion) (storage.Upload, error) {
	u, err := h.Engine.Find(ctx, storage.ID{Community: v.Community, Key: v.Upload})
	if u.Key == "" {
		return u, err
	}
	if foreign := who.actor.See(u); foreign != nil {
		return storage.Upload{}, foreign
	}
	if err != nil {
		return storage.Upload{}, err
	}
	later := u.Note == association.LaterVersion && v.Number == 1 // it is no file of its own
	if u.State != storage.Complete || u.Partial || u.Note == association.PictureOnly || later {
		return storage.Upload{}, storage.NoUpload()
	}
	return u, nil
}

// DeleteFile gives a file up with all its versions. One of which any version is somebody's photo is Conflict,
// and stays whole: the photo is to be removed first.
func (h *Handler) DeleteFile(c echo.Context) error {
	_, f, err := h.asked(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	err = h.Photos.Tx.Do(ctx, func(ctx context.Context) error {
		all, err := h.versions(ctx, f.Community, f.File)
		if err != nil {
			return err
		}
		for _, v := range all {
			err := h.Engine.Cancel(ctx, storage.ID{Community: v.Community, Key: v.Upload})
			if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
				return err
			}
		}
		return h.Files.DropFileVersions(ctx, f.Community, f.File)
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.NoContent(http.StatusNoContent)
}
