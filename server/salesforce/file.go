package salesforce

import (
	"context"
	"strconv"

	"cameo/storage"
	"cameo/storage/fault"
)

// noFile is the Note of an upload that is a photo's picture and no file.
const noFile = "no file"

// file is an upload of the caller's, or of somebody in a community that they administer, as a file. A number of
// a version that is not there is NotFound.
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
	if err != nil {
		return storage.Upload{}, err
	}
	if err := who.actor.See(u); err != nil {
		return storage.Upload{}, err
	}
	if u.State != storage.Complete || u.Partial || u.Note == noFile {
		return storage.Upload{}, storage.NoUpload()
	}
	return u, nil
}
