package association_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"testing"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// boxed is an engine for pictures that are PNGs behind a HEIC file's first box.
type boxed struct{}

const heicBox = "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"

func (boxed) Size(file []byte) (w, h int, err error) {
	c, err := png.DecodeConfig(bytes.NewReader(file[len(heicBox):]))
	return c.Width, c.Height, err
}

func (boxed) Decode(_ context.Context, file []byte) (image.Image, error) {
	return png.Decode(bytes.NewReader(file[len(heicBox):]))
}

// Where there is an engine for HEIC, such a file is accepted when it is complete, becomes a photo and is served as
// others are; where there is none it is refused, in words.
func TestAnEngineLetsHEICIn(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 200, 100))))
	file := append([]byte(heicBox), b.Bytes()...)
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		able, ctx := build(t, db, func(c *association.Config) { c.HEIF = boxed{} }), t.Context()
		id := able.send(t, able.begin(t, here, jane, imaging.HEIC, len(file)), file)
		p, err := able.service.Associate(ctx, member(jane), id, jane)
		must(t, err)
		able.step(t, 1)
		able.state(t, p.Version, association.Ready)
		shown, err := able.service.Picture(ctx, here, jane, association.Want{Pixels: 64})
		must(t, err)
		if shown.Rendition.Type != imaging.JPEG || shown.Photo.Width != 200 {
			t.Errorf("got %s of a picture %d wide", shown.Rendition.Type, shown.Photo.Width)
		}

		unable := build(t, db, nil)
		u := unable.begin(t, here, john, imaging.HEIC, len(file))
		_ = unable.send(t, u, file)
		now, err := unable.engine.Find(ctx, u.ID)
		must(t, err)
		if now.State != storage.Failed || now.Reason != string(imaging.UnsupportedFormat) {
			t.Errorf("without an engine: %v, %q", now.State, now.Reason)
		}
		_, err = unable.service.Associate(ctx, member(john), u.ID, john)
		wantKind(t, err, fault.Unsupported)
	})
}
