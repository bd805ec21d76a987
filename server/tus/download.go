package tus

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/reply"
	"cameo/storage"
	"cameo/storage/fault"
)

// Download answers GET with the file of a complete upload, or ranges of it, to its owner and to
// administrators of its community. It is no part of the protocol, and disturbs no upload.
func (h *Handler) Download(c echo.Context) error {
	actor, community, err := h.member(c)
	if err != nil {
		return err
	}
	x := h.exchange(c, actor)
	u, err := x.find(c.Request().Context(), community, c.Param("uploadKey"))
	switch {
	case err != nil:
		return err
	case u.State != storage.Complete || u.Partial:
		return fault.New(fault.NotFound, "the upload is not complete: there is nothing to download yet")
	}
	from := &file{ctx: c.Request().Context(), engine: h.Engine, u: u}
	defer from.Close()
	if err := from.open(); err != nil {
		return err
	}
	if err := h.digest(c, u); err != nil {
		return err
	}
	describeFile(c.Response().Header(), u)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, from)
	return nil
}

// digest tells the SHA-256 of a complete upload if it is known, or asked for (Want-Repr-Digest).
func (h *Handler) digest(c echo.Context, u storage.Upload) error {
	if u.State != storage.Complete || u.Partial {
		return nil
	}
	return reply.ShowReprDigest(c, u.SHA256, func(ctx context.Context) ([]byte, error) {
		return h.Engine.Digest(ctx, u)
	})
}

// describeFile says in the headers what the file is, and that nobody may run it.
func describeFile(head http.Header, u storage.Upload) {
	head.Set("Tus-Resumable", version)
	head.Set("Cache-Control", "private, no-cache")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	head.Set("Content-Disposition", reply.ContentDisposition("attachment", u.Name))
	head.Set("Content-Type", u.Type)
	head.Set("ETag", reply.ETag(u.CRC, u.Length))
}

// file is a complete upload as http.ServeContent reads it.
type file struct {
	ctx    context.Context //nolint:containedctx // an io.Reader has no other way to end with its request
	engine *storage.Engine
	u      storage.Upload
	at     int64
	from   io.ReadCloser // nil: to be opened at at
}

func (f *file) open() (err error) {
	f.from, err = f.engine.Open(f.ctx, f.u, f.at, f.u.Length-f.at)
	return err
}

// Read is io.Reader's. After an error fewer bytes follow than were announced, and the connection is ended.
func (f *file) Read(p []byte) (int, error) {
	if f.from == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	n, err := f.from.Read(p)
	f.at += int64(n)
	return n, err
}

// Seek is io.Seeker's. Nothing is opened by it.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.u.Length
	}
	if offset < 0 || offset > f.u.Length {
		return 0, errors.New("there is no such place in the file")
	}
	if offset != f.at {
		f.Close()
		f.at = offset
	}
	return offset, nil
}

// Close frees what is open.
func (f *file) Close() {
	if f.from != nil {
		_ = f.from.Close()
		f.from = nil
	}
}
