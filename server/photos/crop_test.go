package photos_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/association/imaging"
	"cameo/server/servertest"
)

// told is a photo's description.
type told struct {
	State, Version, Current, Reason, Detail, Color string
	URLs                                           map[string]string
	Crop                                           *imaging.Crop
	Thumbhash                                      []byte
}

// describe asks for the description of jane's photo until it is no longer pending.
func describe(t *testing.T, s *servertest.Story, as string) (d told) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		got := ask(t, s, "GET", photoOf("jane"), as, "Accept", "application/json")
		d = told{}
		if err := json.Unmarshal([]byte(got.body), &d); err != nil {
			t.Fatalf("%s: %v", got.body, err)
		}
		if d.State != "pending" || time.Now().After(until) {
			return d
		}
	}
}

// crop asks for a part of jane's photo, as somebody.
func crop(t *testing.T, s *servertest.Story, as, kind, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "PUT", s.Instance.URL+photoOf("jane")+"/crop", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if as != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token(servertest.Person(as)))
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	got, err := s.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got, string(text)}
}

func TestCrop(t *testing.T) {
	t.Parallel()
	s, _ := tellOfJane(t) // 64 by 64 pixels
	before := describe(t, s, "")
	if before.Crop == nil || *before.Crop != (imaging.Crop{Size: 64}) || len(before.Thumbhash) < 5 || len(before.Color) != 7 {
		t.Fatalf("before: got %+v", before)
	}
	const wanted = `{"x": 10, "y": 20, "size": 30}`
	got := crop(t, s, "jane", "application/json; charset=utf-8", wanted)
	var at told
	if err := json.Unmarshal([]byte(got.body), &at); got.StatusCode != 202 || err != nil {
		t.Fatalf("got %s %s", got.Status, got.body)
	}
	after := describe(t, s, "")
	if after.State != "ready" || after.Version != at.Version || after.Current != at.Version || at.Version == before.Version {
		t.Errorf("got %+v, then %+v", at, after)
	}
	if want := (imaging.Crop{X: 10, Y: 20, Size: 30}); after.Crop == nil || *after.Crop != want {
		t.Errorf("got crop %v, want %v", after.Crop, want)
	}
	again := crop(t, s, "jane", "application/json", wanted)
	if same := describe(t, s, ""); again.StatusCode != 202 || same.Version != after.Version {
		t.Errorf("the same again: got %s %+v", again.Status, same)
	}
	for _, body := range []string{"", "{}"} {
		if got := crop(t, s, "jane", "", body); got.StatusCode != 202 {
			t.Fatalf("%q: got %s %s", body, got.Status, got.body)
		}
		if centre := describe(t, s, ""); centre.Crop == nil || *centre.Crop != (imaging.Crop{Size: 64}) {
			t.Errorf("%q: got %+v", body, centre.Crop)
		}
	}
}

func TestCropIsJudged(t *testing.T) {
	t.Parallel()
	s, _ := tellOfJane(t)
	before := describe(t, s, "")
	const json = "application/json"
	for _, c := range []struct {
		name, as, kind, body string
		status               int
		says                 string
	}{
		{"a stranger", "", json, `{}`, 401, `"kind":"unauthenticated"`},
		{"another person", "john", json, `{}`, 403, `"kind":"forbidden"`},
		{"no JSON", "jane", json, `x=1`, 400, `"kind":"malformed"`},
		{"no object", "jane", json, `[1,2,3]`, 400, `"kind":"malformed"`},
		{"nothing", "jane", json, `null`, 400, `"kind":"malformed"`},
		{"two objects", "jane", json, `{}{}`, 400, `"kind":"malformed"`},
		{"an unknown name", "jane", json, `{"width":3}`, 400, `"kind":"malformed"`},
		{"a fraction", "jane", json, `{"x":0.5,"y":0,"size":5}`, 400, `"kind":"malformed"`},
		{"text for a number", "jane", json, `{"x":"0","y":0,"size":5}`, 400, `"kind":"malformed"`},
		{"a form", "jane", "application/x-www-form-urlencoded", `x=1`, 415, `"kind":"unsupported"`},
		{"a part of it", "jane", json, `{"x":1,"y":1}`, 400, `"reason":"bad_crop"`},
		{"no size", "jane", json, `{"x":0,"y":0,"size":0}`, 400, `"reason":"bad_crop"`},
		{"too large", "jane", json, `{"x":0,"y":0,"size":65}`, 400, `"reason":"bad_crop"`},
		{"beyond the edge", "jane", json, `{"x":40,"y":0,"size":25}`, 400, `"reason":"bad_crop"`},
		{"before the edge", "jane", json, `{"x":-1,"y":0,"size":25}`, 400, `"reason":"bad_crop"`},
		{"enormous", "jane", json, `{"x":9223372036854775807,"y":9223372036854775807,"size":9223372036854775807}`, 400, `"reason":"bad_crop"`},
		{"beyond numbers", "jane", json, `{"x":99999999999999999999,"y":0,"size":5}`, 400, `"kind":"malformed"`},
		{"long", "jane", json, strings.Repeat(" ", 65<<10) + `{}`, 413, `"kind":"too_large"`},
	} {
		got := crop(t, s, c.as, c.kind, c.body)
		if got.StatusCode != c.status || !strings.Contains(got.body, c.says) ||
			got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %s %s, want %d with %s", c.name, got.Status, got.body, c.status, c.says)
		}
	}
	if got := ask(t, s, "PUT", photoOf("nobody")+"/crop", "nobody"); got.StatusCode != 404 {
		t.Errorf("no photo: got %s, want 404", got.Status)
	}
	if after := describe(t, s, ""); after.Version != before.Version {
		t.Errorf("the photo has changed: %+v", after)
	}
}

// Why a photo failed is told in a sentence, and to nobody else.
func TestAFailureIsTold(t *testing.T) {
	t.Parallel()
	s := servertest.Tell(t, servertest.Start(t))
	s.As("jane").Create("me.png", 40).Send(0, 40).Associate("jane")
	own := describe(t, s, "jane")
	if own.State != "failed" || own.Reason == "" || own.Detail != imaging.Reason(own.Reason).Sentence() {
		t.Errorf("to herself: got %+v", own)
	}
	if foreign := describe(t, s, "john"); foreign.State != "failed" || foreign.Reason != "" || foreign.Detail != "" {
		t.Errorf("to another: got %+v", foreign)
	}
}
