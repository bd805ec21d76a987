package association_test

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"testing"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// reads counts how often originals are opened.
type reads struct {
	association.Originals
	n atomic.Int64
}

func (r *reads) Open(ctx context.Context, u storage.Upload, off, n int64) (io.ReadCloser, error) {
	r.n.Add(1)
	return r.Originals.Open(ctx, u, off, n)
}

// A picture that was looked at on its way is judged as one that is read again, and is not read.
func TestALookSparesReading(t *testing.T) {
	t.Parallel()
	good := photo(t, 120, 80)
	whole, beyond := imaging.Crop{X: 10, Y: 0, Size: 80}, imaging.Crop{X: 50, Y: 0, Size: 80}
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		counted := &reads{}
		h := build(t, db, func(c *association.Config) {
			counted.Originals = c.Originals
			c.Originals = counted
		})
		for name, c := range map[string]struct {
			file []byte
			crop imaging.Crop
			want fault.Kind // 0: it becomes a photo
		}{
			"a good crop":         {good, whole, 0},
			"a crop beyond":       {good, beyond, fault.Invalid},
			"a picture that ends": {good[:len(good)-2], whole, fault.Unsupported},
		} {
			for _, looked := range []bool{true, false} {
				id, before := h.upload(t, jane, c.file), counted.n.Load()
				var look *association.Look
				if looked {
					look = h.service.Look(imaging.JPEG)
					_, err := io.Copy(look, bytes.NewReader(c.file))
					must(t, err)
					look.End()
				}
				_, err := h.service.AssociateInspected(t.Context(), member(jane), id, jane, c.crop, look)
				if fault.Of(err) != c.want {
					t.Errorf("%s, looked at: %v: got %v", name, looked, err)
				}
				if read := counted.n.Load() > before; read == looked {
					t.Errorf("%s, looked at: %v: read: %v", name, looked, read)
				}
			}
		}
	})
}

// A look never keeps a picture from coming: it goes on when the verdict is known, and ends with the file.
func TestALookEnds(t *testing.T) {
	t.Parallel()
	h := build(t, sqltest.SQLite(t), nil)
	look := h.service.Look(imaging.JPEG)
	for range 100 {
		if n, err := look.Write(make([]byte, 64<<10)); n != 64<<10 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
	}
	look.End()
	if h.service.Look(imaging.HEIC) != nil {
		t.Error("HEIC is looked at, which is judged only as a whole")
	}
}
