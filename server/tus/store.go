package tus

import (
	"context"
	"io"
	"net/http"
	"path"

	tusd "github.com/tus/tusd/v2/pkg/handler"

	"cameo/storage"
	"cameo/storage/fault"
)

// store is the library's view of the engine. It has no state: each call finds its exchange in the context.
type store struct{}

// The library's seams that store fits.
var (
	_ tusd.DataStore               = store{}
	_ tusd.TerminaterDataStore     = store{}
	_ tusd.ConcaterDataStore       = store{}
	_ tusd.LengthDeferrerDataStore = store{}
)

// upload is one of the library's uploads: the one of the request, or a part that it names.
type upload struct {
	x *exchange
	u *storage.Upload
}

// of returns the exchange that ctx belongs to.
func of(ctx context.Context) *exchange {
	x, _ := ctx.Value(carried{}).(*exchange)
	return x
}

// fail keeps what the engine refused, and tells the library that there is an error, not which.
func (x *exchange) fail(err error) error {
	if err == nil {
		return nil
	}
	x.err = err
	return tusd.NewError("ERR_STORE", "the store refused", http.StatusInternalServerError)
}

// NewUpload creates the upload that the request asks for. One that joins parts is complete by that.
func (store) NewUpload(ctx context.Context, info tusd.FileInfo) (tusd.Upload, error) {
	x := of(ctx)
	n, err := x.wanted(ctx, info)
	if err != nil {
		return nil, x.fail(err)
	}
	if info.IsFinal {
		var parts []storage.ID
		for _, id := range info.PartialUploads {
			parts = append(parts, storage.ID{Community: n.Community, Key: storage.Key(path.Base(id))})
		}
		x.u, err = x.h.Engine.Join(ctx, n, parts)
	} else {
		x.u, err = x.h.Engine.Create(ctx, n)
	}
	return upload{x, &x.u}, x.fail(err)
}

// wanted is what the request asks for, judged.
func (x *exchange) wanted(ctx context.Context, info tusd.FileInfo) (storage.New, error) {
	n := storage.New{
		Community: x.u.Community, Owner: x.actor.GUID.Subject(), Length: info.Size, Partial: info.IsPartial,
		Name: x.meta.name(), Type: x.meta.mediaType(),
		Note: note(x.meta.text, x.c.Request().Header.Get("Upload-Concat")),
	}
	if info.SizeIsDeferred {
		n.Length = storage.Unknown
	}
	var err error
	if n.Wish, err = x.meta.wish(); err != nil {
		return n, err
	}
	return x.h.Begin(ctx, x.actor, n)
}

// GetUpload returns the upload of the request, or a part that it names.
func (store) GetUpload(ctx context.Context, id string) (tusd.Upload, error) {
	x := of(ctx)
	key := path.Base(id)
	if x.u.Key == storage.Key(key) {
		return upload{x, &x.u}, nil
	}
	part, err := x.find(ctx, x.u.Community, key)
	return upload{x, &part}, x.fail(err)
}

// GetInfo tells how far the upload has come.
func (up upload) GetInfo(context.Context) (tusd.FileInfo, error) {
	_, joined := remembered(*up.u)
	info := tusd.FileInfo{
		ID: string(up.u.Key), Size: up.u.Length, Offset: up.u.Offset,
		IsPartial: up.u.Partial, IsFinal: joined != "" && !up.u.Partial,
	}
	if up.u.Length == storage.Unknown {
		info.Size, info.SizeIsDeferred = 0, true
	}
	return info, nil
}

// WriteChunk stores the request's body. It reads the body itself: the library's reader takes a body that was
// cut for one that has ended.
func (up upload) WriteChunk(ctx context.Context, offset int64, _ io.Reader) (int64, error) {
	x := up.x
	if x.u.State == storage.Complete { // by the length that this request has declared
		return 0, nil
	}
	r := x.c.Request()
	w := storage.Write{
		ID: x.u.ID, At: offset, Len: r.ContentLength, Total: storage.Unknown, Seen: x.u,
		Body: x.h.Auth.Watch(x.c, x.body, x.u, x.h.Pace.Now),
	}
	if w.Len < 0 {
		end := x.u.Length
		if end == storage.Unknown {
			end = x.h.maxSize()
		}
		w.Len, w.UpTo = end-offset, true
	}
	if err := x.checksum(&w); err != nil {
		return 0, x.fail(err)
	}
	now, err := x.h.Engine.Append(ctx, w)
	if now.Key != "" {
		x.u = now
	}
	return x.u.Offset - offset, x.fail(err)
}

// DeclareLength fixes the length of an upload that was created without one.
func (up upload) DeclareLength(ctx context.Context, length int64) error {
	x := up.x
	now, err := x.h.Engine.Append(ctx, storage.Write{
		ID: x.u.ID, At: x.u.Offset, Total: storage.Unknown, Length: length, Seen: x.u,
	})
	if err == nil {
		x.u = now
	}
	return x.fail(err)
}

// Terminate gives the upload up.
func (up upload) Terminate(ctx context.Context) error {
	return up.x.fail(up.x.h.Engine.Cancel(ctx, up.u.ID))
}

// FinishUpload has nothing to do: the write of the last byte completes the upload.
func (upload) FinishUpload(context.Context) error { return nil }

// ConcatUploads has nothing to do: NewUpload has joined the parts.
func (upload) ConcatUploads(context.Context, []tusd.Upload) error { return nil }

// GetReader is never asked for: downloads are none of the library's.
func (upload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, fault.New(fault.Internal, "the library must not read")
}

// AsTerminatableUpload is the upload itself.
func (store) AsTerminatableUpload(u tusd.Upload) tusd.TerminatableUpload {
	up, _ := u.(upload)
	return up
}

// AsConcatableUpload is the upload itself.
func (store) AsConcatableUpload(u tusd.Upload) tusd.ConcatableUpload {
	up, _ := u.(upload)
	return up
}

// AsLengthDeclarableUpload is the upload itself.
func (store) AsLengthDeclarableUpload(u tusd.Upload) tusd.LengthDeclarableUpload {
	up, _ := u.(upload)
	return up
}
