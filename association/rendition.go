package association

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/minio/crc64nvme"

	"cameo/association/imaging"
)

// store makes a rendition durable under a name that only this claim of the photo uses.
func (w *Worker) store(ctx context.Context, p Photo, made imaging.Rendered) (Rendition, error) {
	r := Rendition{
		Size: DefaultSize, Recipe: Recipe, Blob: RenditionName(p.Version, DefaultSize, p.Epoch),
		Length: int64(len(made.Bytes)), Type: made.Type, CRC: crc64nvme.Checksum(made.Bytes),
		Width: made.Width, Height: made.Height,
	}
	run, err := w.Blobs.Create(ctx, r.Blob)
	if err != nil {
		return Rendition{}, err
	}
	if err = run.Write(ctx, made.Bytes); err == nil {
		err = run.Sync(ctx)
	}
	return r, errors.Join(err, run.Close())
}

// around returns d ± 50%, so that many workers, or many photos that failed together, do not come back
// together.
func (w *Worker) around(d time.Duration) time.Duration {
	var b [2]byte
	if _, err := io.ReadFull(w.Random, b[:]); err != nil {
		return d
	}
	return d/2 + d*time.Duration(binary.BigEndian.Uint16(b[:]))/(1<<16)
}
