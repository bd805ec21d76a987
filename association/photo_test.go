package association_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"cameo/association"
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
		got, err := association.ParseSize(c.text)
		wantKind(t, err, c.kind)
		if got != c.want {
			t.Errorf("%q is %d, want %d", c.text, got, c.want)
		}
	}
}

func TestClosest(t *testing.T) {
	t.Parallel()
	var p association.Photo
	if _, ok := p.Closest(64); ok {
		t.Error("a photo without renditions has one")
	}
	for _, n := range []int{64, 256} {
		p.Renditions = append(p.Renditions, association.Rendition{Size: n})
	}
	got := []int{}
	for _, want := range []int{45, 64, 96, 256, 1024} {
		r, _ := p.Closest(want)
		got = append(got, r.Size)
	}
	if want := []int{64, 64, 256, 256, 256}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
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
