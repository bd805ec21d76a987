package association

import (
	"context"
	"errors"

	"github.com/minio/crc64nvme"

	"cameo/association/imaging"
	"cameo/storage"
)

// sheet lays pictures end to end, those that share their bytes once, and says where each lies.
func sheet(name storage.Name, made []imaging.Rendition) (all []byte, rs []Rendition) {
	at := map[*byte]int64{}
	for _, m := range made {
		first := &m.Bytes[0]
		if _, laid := at[first]; !laid {
			at[first] = int64(len(all))
			all = append(all, m.Bytes...)
		}
		rs = append(rs, Rendition{
			Shape: m.Spec.Shape, Pixels: m.Spec.Pixels, Type: m.Type, Recipe: Recipe,
			Blob: name, At: at[first], Length: int64(len(m.Bytes)), CRC: crc64nvme.Checksum(m.Bytes),
			Width: m.Width, Height: m.Height,
		})
	}
	return all, rs
}

// store makes renditions durable under a name that only this claim of the photo uses.
func (w *Worker) store(ctx context.Context, p Photo, made []imaging.Rendition) ([]Rendition, error) {
	return w.storeAs(ctx, SheetName(p.Version, p.Epoch), made)
}

// storeAs makes renditions durable under a name that is new for ever.
func (w *Worker) storeAs(
	ctx context.Context, name storage.Name, made []imaging.Rendition,
) ([]Rendition, error) {
	all, rs := sheet(name, made)
	run, err := w.Blobs.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	if err = run.Write(ctx, all); err == nil {
		err = run.Sync(ctx)
	}
	return rs, errors.Join(err, run.Close())
}
