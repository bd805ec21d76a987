package reply_test

import (
	"net/http"
	"testing"
	"time"

	"cameo/server/reply"
)

func TestPrefers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		accept []string
		want   bool
	}{
		{"nothing said", nil, false},
		{"anything", []string{"*/*"}, false},
		{"any picture", []string{"image/*"}, false},
		{"named", []string{"image/webp"}, true},
		{"in capitals", []string{"Image/WebP"}, true},
		{"Chromium's", []string{"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}, true},
		{"in a second line", []string{"image/png", "image/webp"}, true},
		{"refused", []string{"image/webp;q=0, */*"}, false},
		{"refused in three digits", []string{"image/webp;q=0.000"}, false},
		{"liked less", []string{"image/webp;q=0.5, image/jpeg"}, false},
		{"liked less than any picture", []string{"image/webp;q=0.5, image/*;q=0.6"}, false},
		{"liked more", []string{"image/jpeg;q=0.5, image/webp;q=0.6"}, true},
		{"as good as any", []string{"image/webp;q=0.8, */*;q=0.8"}, true},
		{"the other refused", []string{"image/webp;q=0.1, image/jpeg;q=0, */*"}, true},
		{"a parameter before the weight", []string{"image/webp;level=1; Q=0.2, image/jpeg;q=0.1"}, true},
		{"a weight that is none", []string{"image/webp;q=high"}, false},
		{"a weight above one", []string{"image/webp;q=7"}, false},
		{"another type's beginning", []string{"image/webpx"}, false},
		{"as a parameter", []string{"text/html;x=image/webp"}, false},
	} {
		got := reply.Prefers(http.Header{"Accept": c.accept}, "image/webp", "image/jpeg")
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 22, 10, 11, 12, 345e6, time.UTC)
	const tag, stamp = `"0000000000000001-5"`, "Sun, 22 Nov 2026 10:11:12 GMT"
	for _, c := range []struct {
		name       string
		match, mod []string
		made       time.Time
		want       bool
	}{
		{"nothing asked", nil, nil, made, false},
		{"the tag", []string{tag}, nil, made, true},
		{"the tag, weak", []string{"W/" + tag}, nil, made, true},
		{"the tag in a list", []string{`"a", ` + tag}, nil, made, true},
		{"the tag in a second line", []string{`"a"`, tag}, nil, made, true},
		{"any", []string{"*"}, nil, made, true},
		{"another tag", []string{`"a"`}, nil, made, false},
		{"the time", nil, []string{stamp}, made, true},
		{"the time in an old form", nil, []string{"Sunday, 22-Nov-26 10:11:12 GMT"}, made, true},
		{"before", nil, []string{"Sun, 22 Nov 2026 10:11:11 GMT"}, made, false},
		{"later", nil, []string{"Sun, 22 Nov 2026 10:11:13 GMT"}, made, false},
		{"no time", nil, []string{"yesterday"}, made, false},
		{"the tag decides", []string{`"a"`}, []string{stamp}, made, false},
		{"never modified", nil, []string{"Mon, 01 Jan 0001 00:00:00 GMT"}, time.Time{}, false},
	} {
		got := reply.Unchanged(http.Header{"If-None-Match": c.match, "If-Modified-Since": c.mod}, tag, c.made)
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	if got, want := reply.ETag(0xabc, 77), `"0000000000000abc-77"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
