package association_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"
	"time"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// halves is a JPEG that is red on the left and blue on the right.
func halves(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, image.Rect(0, 0, w/2, h), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(w/2, 0, w, h), image.NewUniform(color.RGBA{0, 0, 200, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// shows is the colour in the middle of what is shown of a person, "red" or "blue".
func (h *house) shows(t *testing.T, person association.GUID) string {
	t.Helper()
	p, err := h.service.Picture(t.Context(), here, person, association.Want{Pixels: 64})
	must(t, err)
	b, err := h.service.ReadRendition(t.Context(), p.Rendition)
	must(t, err)
	m, err := jpeg.Decode(bytes.NewReader(b))
	must(t, err)
	if red, _, blue, _ := m.At(m.Bounds().Dx()/4, m.Bounds().Dy()/2).RGBA(); red < blue {
		return "blue"
	}
	return "red"
}

func TestRecrop(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		first, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, halves(t, 400, 200)), jane)
		must(t, err)
		h.step(t, 1)
		if got := h.shows(t, jane); got != "red" {
			t.Errorf("the left of the centre is %s", got)
		}
		right := imaging.Crop{X: 220, Y: 10, Size: 150}
		second, err := h.service.Recrop(ctx, member(jane), here, jane, right)
		must(t, err)
		again, err := h.service.Recrop(ctx, member(jane), here, jane, right)
		must(t, err)
		if second.Version == first.Version || again.Version != second.Version || second.Upload != first.Upload {
			t.Errorf("got %+v, then %+v", second, again)
		}
		h.step(t, 1)
		if got := h.shows(t, jane); got != "blue" {
			t.Errorf("after the crop it is %s", got)
		}
		p := h.state(t, second.Version, association.Ready)
		if p.Crop != right || p.Width != 400 || len(p.Thumbhash) == 0 || p.Colour.B < p.Colour.R {
			t.Errorf("got %+v", p)
		}
		h.wantServed(t, first.Version, 0)
	})
}

func TestRecropIsJudged(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		shown := h.shown(t, jane) // 120 by 80
		for name, c := range map[string]struct {
			a      association.Actor
			person association.GUID
			crop   imaging.Crop
			want   fault.Kind
		}{
			"a stranger":        {association.Actor{}, jane, imaging.Crop{Size: 50}, fault.Unauthenticated},
			"another person":    {member(john), jane, imaging.Crop{Size: 50}, fault.Forbidden},
			"no photo":          {member(john), john, imaging.Crop{Size: 50}, fault.NotFound},
			"too large":         {member(jane), jane, imaging.Crop{Size: 81}, fault.Invalid},
			"beyond the edge":   {member(jane), jane, imaging.Crop{X: 80, Size: 41}, fault.Invalid},
			"negative":          {member(jane), jane, imaging.Crop{X: -1, Size: 50}, fault.Invalid},
			"nothing":           {member(jane), jane, imaging.Crop{X: 5, Y: 5}, fault.Invalid},
			"an administrator":  {administrator(), jane, imaging.Crop{X: 40, Size: 80}, 0},
			"what is shown now": {member(jane), jane, imaging.Crop{}, 0},
		} {
			_, err := h.service.Recrop(t.Context(), c.a, here, c.person, c.crop)
			if got := fault.Of(err); got != c.want {
				t.Errorf("%s: got %v (%v), want %v", name, got, err, c.want)
			}
		}
		h.wantServed(t, shown.Version, 0)
	})
}

// Whatever ends a photo, its row goes when its time has passed; a person's newest and current photo stay.
func TestPhotosThatAreOverAreForgotten(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		h.shown(t, jane) // replaced
		_, err := h.service.Associate(ctx, member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err) // superseded
		current := h.shown(t, jane)
		failed, err := h.service.AssociateCropped(
			ctx, member(jane), h.upload(t, jane, photo(t, 30, 30)), jane, imaging.Crop{Size: 31})
		must(t, err)
		h.step(t, 1)
		if p := h.state(t, failed.Version, association.Failed); p.Reason != string(imaging.BadCrop) {
			t.Errorf("got reason %q", p.Reason)
		}
		h.shown(t, john)
		must(t, h.service.Remove(ctx, member(john), here, john))
		for _, want := range []int{0, 3, 0} { // replaced, superseded, removed
			n, err := h.service.Sweep(ctx)
			must(t, err)
			if n != want {
				t.Errorf("forgot %d, want %d", n, want)
			}
			h.pass(association.DefaultLimits(1).Retention + time.Minute)
		}
		if n := h.count(t, `SELECT COUNT(*) FROM renditions WHERE version <> $1`, current.Version); n != 0 {
			t.Errorf("%d renditions are left", n)
		}
		h.state(t, current.Version, association.Ready)
		h.state(t, failed.Version, association.Failed)
		h.wantServed(t, current.Version, 0)
	})
}
