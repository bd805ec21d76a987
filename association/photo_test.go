package association_test

import (
	"crypto/rand"
	"testing"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage/fault"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	drawn, err := association.DrawVersion(rand.Reader)
	must(t, err)
	for _, c := range []struct {
		name, text string
		want       fault.Kind
	}{
		{"drawn", string(drawn), 0},
		{"too short", "0123456789A", fault.NotFound},
		{"too long", "0123456789ABC", fault.NotFound},
		{"a path", "../../passwd", fault.NotFound},
		{"empty", "", fault.NotFound},
	} {
		got, err := association.ParseVersion(c.text)
		wantKind(t, err, c.want)
		if err == nil && string(got) != c.text {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for _, n := range association.Sizes() {
		if n < 45 || n > 1024 {
			t.Errorf("size %d", n)
		}
	}
	service := association.NewService(association.Config{})
	for _, c := range []struct {
		text string
		want int
		kind fault.Kind
	}{
		{"", 256, 0},
		{"45", 45, 0},
		{"1024", 1024, 0},
		{"0", 0, fault.Invalid},
		{"100", 0, fault.Invalid},
		{"-48", 0, fault.Invalid},
		{"+48", 0, fault.Invalid},
		{"048", 0, fault.Invalid},
		{"full", 0, fault.Invalid},
		{"99999999999999999999", 0, fault.Invalid},
	} {
		got, err := service.ParseSize(c.text)
		wantKind(t, err, c.kind)
		if got != c.want {
			t.Errorf("%q is %d, want %d", c.text, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	var p association.Photo
	if _, ok := p.Choose(association.Want{Pixels: 64}); ok {
		t.Error("a photo without renditions has one")
	}
	add := func(shape imaging.Shape, pixels, width int, types ...string) {
		for _, mediaType := range types {
			p.Renditions = append(p.Renditions, association.Rendition{
				Shape: shape, Pixels: pixels, Width: width, Height: width, Type: mediaType,
			})
		}
	}
	add(imaging.Square, 64, 64, imaging.JPEG, imaging.WebP)
	add(imaging.Square, 256, 200, imaging.WebP, imaging.JPEG) // the original is small
	add(imaging.Square, 1024, 200, imaging.JPEG)
	add(imaging.Wide, 160, 160, imaging.JPEG)
	add(imaging.Wide, 200, 200, imaging.JPEG)
	add(imaging.Whole, 1024, 700, imaging.JPEG)
	for _, c := range []struct {
		want   association.Want
		pixels int
		kind   string
	}{
		{association.Want{Pixels: 45}, 64, imaging.JPEG},
		{association.Want{Pixels: 64, WebP: true}, 64, imaging.WebP},
		{association.Want{Pixels: 65, WebP: true}, 256, imaging.WebP},
		{association.Want{Pixels: 256}, 256, imaging.JPEG},
		{association.Want{Pixels: 257, WebP: true}, 1024, imaging.JPEG},
		{association.Want{Pixels: 5000}, 1024, imaging.JPEG},
		{association.Want{Shape: imaging.Wide, Pixels: 100}, 160, imaging.JPEG},
		{association.Want{Shape: imaging.Wide, Pixels: 200}, 200, imaging.JPEG},
		{association.Want{Shape: imaging.Wide, Pixels: 300}, 1024, imaging.JPEG},
		{association.Want{Shape: imaging.Whole, Pixels: 1}, 1024, imaging.JPEG},
	} {
		if r, ok := p.Choose(c.want); !ok || r.Pixels != c.pixels || r.Type != c.kind {
			t.Errorf("%+v: got %d in %s, want %d in %s", c.want, r.Pixels, r.Type, c.pixels, c.kind)
		}
	}
}

func TestLimitsAreValidated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*association.Limits)
		ok     bool
	}{
		{"default", func(*association.Limits) {}, true},
		{"no photo", func(l *association.Limits) { l.MaxPhoto = 0 }, false},
		{"no slots", func(l *association.Limits) { l.Slots = 0 }, false},
		{"no memory", func(l *association.Limits) { l.Memory = 0 }, false},
		{"no tries", func(l *association.Limits) { l.Tries = 0 }, false},
		{"no retention", func(l *association.Limits) { l.Retention = 0 }, false},
	} {
		l := association.DefaultLimits(0)
		c.change(&l)
		if err := l.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
