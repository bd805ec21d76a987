package resumable_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// dialect is how one interop version says things.
type dialect string

// dialects are the versions that are spoken, and what says none.
var dialects = []dialect{"3", "4", "5", "6", "7", "8", "9", "final"}

// lines are headers that name the version and say whether the upload ends with the request.
func (d dialect) lines(complete bool, more ...string) []string {
	name, value := "Upload-Complete", complete
	if d == "3" || d == "4" {
		name, value = "Upload-Incomplete", !complete
	}
	more = append(more, name+": "+map[bool]string{true: "?1", false: "?0"}[value])
	if d != "final" {
		more = append(more, "Upload-Draft-Interop-Version: "+string(d))
	}
	return more
}

// wantState holds an answer's headers against where the upload stands; length is below 0 while unknown.
func (d dialect) wantState(t *testing.T, what string, got *http.Response, offset, length int, complete bool) {
	t.Helper()
	line := d.lines(complete)[0]
	name, value, _ := strings.Cut(line, ": ")
	want := map[string]string{"Upload-Offset": fmt.Sprint(offset), name: value, "Cache-Control": "no-store", "Upload-Length": ""}
	if length >= 0 {
		want["Upload-Length"] = fmt.Sprint(length)
	}
	for name, value := range want {
		if have := got.Header.Get(name); have != value {
			t.Errorf("%s: got %s %q, want %q", what, name, have, value)
		}
	}
	age := "max-age="
	if d == "6" {
		age = "expires="
	}
	if limit := got.Header.Get("Upload-Limit"); !strings.Contains(limit, "max-size=") || got.StatusCode < 300 && !complete && !strings.Contains(limit, age) {
		t.Errorf("%s: got Upload-Limit %q, want max-size and %s", what, limit, age)
	}
}

// problem is what a refusal says.
type problem struct {
	Type     string
	Expected int `json:"expected-offset"`
	Provided int `json:"provided-offset"`
}

// wantProblem wants a refusal to be of one of the draft's types.
func wantProblem(t *testing.T, what string, got *http.Response, kind string) (said problem) {
	t.Helper()
	err := json.NewDecoder(got.Body).Decode(&said)
	if err != nil || said.Type != "https://iana.org/assignments/http-problem-types#"+kind ||
		got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: got %v %+v, %v, want %s", what, got.Header, said, err, kind)
	}
	return said
}

// What the draft says with MUST, in each version that says it in other words.
func TestEachVersionsMusts(t *testing.T) {
	t.Parallel()
	i := &instance{servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxSize, c.MaxOpen = 5000, 0 })), t}
	i.Engine().Limits.Seal = 10 * time.Millisecond // what has come becomes durable soon, also while more is to come
	data := servertest.Picture("me", 1000)
	for _, d := range dialects {
		for name, test := range map[string]func(i *instance, d dialect, data []byte){
			"the first interim answer": interimAnswer, "in two requests": inTwoRequests, "a state": aState,
			"of unknown length": ofUnknownLength, "a wrong offset": aWrongOffset, "the media type": theMediaType,
			"lengths that disagree": lengthsThatDisagree, "what is complete": whatIsComplete,
			"what is too large": whatIsTooLarge, "what was given up": whatWasGivenUp,
			"values of another form": valuesOfAnotherForm, "progress of an append": progressOfAnAppend,
			"more than the length": moreThanTheLength, "what is no picture": whatIsNoPicture,
		} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(&instance{i.Instance, t}, d, data)
			})
		}
	}
}

const png = "Content-Type: image/png"

// created makes an upload of a length, "" for one that is not known, and returns its path.
func (i *instance) created(d dialect, length string) string {
	i.t.Helper()
	head := d.lines(false, png)
	if length != "" {
		head = append(head, "Upload-Length: "+length)
	}
	return i.want(201, "jane", "POST", uploads, nil, head...).Header.Get("Location")
}

func (i *instance) patch(status int, d dialect, at string, offset int, complete bool, b []byte, more ...string) *http.Response {
	i.t.Helper()
	return i.want(status, "jane", "PATCH", at, b, d.lines(complete, append(more, patch, fmt.Sprint("Upload-Offset: ", offset))...)...)
}

// A version's own number comes back with where the upload is and its limits; Location is the same in the end.
// Who names no version gets none.
func interimAnswer(i *instance, d dialect, data []byte) {
	head := d.lines(true, png, fmt.Sprint("Content-Length: ", len(data)))
	got, before := i.begin("jane", "POST", uploads, data, head...).hear("POST")
	if d == "final" {
		if len(before) > 0 {
			i.t.Errorf("got %d interim answers", len(before))
		}
		return
	}
	if got.StatusCode != 201 || len(before) == 0 {
		i.t.Fatalf("got %s after %d interim answers", got.Status, len(before))
	}
	first := before[0]
	if first.StatusCode != 104 || first.Header.Get("Upload-Draft-Interop-Version") != string(d) ||
		first.Header.Get("Location") == "" || first.Header.Get("Location") != got.Header.Get("Location") ||
		!strings.Contains(first.Header.Get("Upload-Limit"), "max-size=5000") {
		i.t.Errorf("got %s %v, then %v", first.Status, first.Header, got.Header)
	}
}

func inTwoRequests(i *instance, d dialect, data []byte) {
	got := i.want(201, "jane", "POST", uploads, data[:400], d.lines(false, png, "Upload-Length: 1000")...)
	d.wantState(i.t, "created", got, 400, 1000, false)
	at := got.Header.Get("Location")
	d.wantState(i.t, "appended", i.patch(204, d, at, 400, false, data[400:600]), 600, 1000, false)
	d.wantState(i.t, "ended", i.patch(200, d, at, 600, true, data[600:]), 1000, 1000, true)
	i.wantFile(at, data)
}

func aState(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	i.patch(204, d, at, 0, false, data[:10])
	for _, method := range []string{"HEAD", "GET"} {
		d.wantState(i.t, method, i.want(204, "jane", method, at, nil, d.lines(true)[1:]...), 10, 1000, false)
	}
}

// An empty last request says that all has come, and by that how long it is.
func ofUnknownLength(i *instance, d dialect, data []byte) {
	at := i.created(d, "")
	i.patch(204, d, at, 0, false, data)
	d.wantState(i.t, "all but its end", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 1000, -1, false)
	d.wantState(i.t, "ended", i.patch(200, d, at, 1000, true, nil), 1000, 1000, true)
	i.wantFile(at, data)
}

func aWrongOffset(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	i.patch(204, d, at, 0, false, data[:400])
	for _, offset := range []int{0, 399, 401, 5_000_000} {
		got := i.patch(409, d, at, offset, true, data[:10])
		d.wantState(i.t, "refused", got, 400, 1000, false)
		said := wantProblem(i.t, "refused", got, "mismatching-upload-offset")
		if said.Expected != 400 || said.Provided != offset {
			i.t.Errorf("%d: got %+v", offset, said)
		}
	}
	i.want(400, "jane", "PATCH", at, data[:10], d.lines(true, patch)...)
	i.want(400, "jane", "PATCH", at, data[:10], patch, "Upload-Offset: 400")
	i.patch(200, d, at, 400, true, data[400:])
	i.wantFile(at, data)
}

// Drafts before version 6 had no media type for PATCH.
func theMediaType(i *instance, d dialect, data []byte) {
	at, want := i.created(d, "1000"), 415
	if d < "6" {
		want = 200
	}
	i.want(want, "jane", "PATCH", at, data, d.lines(true, png, "Upload-Offset: 0")...)
}

func lengthsThatDisagree(i *instance, d dialect, data []byte) {
	i.want(400, "jane", "POST", uploads, data, d.lines(true, png, "Upload-Length: 999")...)
	i.want(400, "jane", "POST", uploads, data, d.lines(false, png, "Upload-Length: 999")...)
	at := i.created(d, "1000")
	for _, wrong := range []*http.Response{
		i.patch(400, d, at, 0, true, data[:999]),
		i.patch(400, d, at, 0, false, data[:10], "Upload-Length: 999"),
		i.patch(400, d, at, 0, false, append(data[:1000:1000], 'x')),
	} {
		d.wantState(i.t, "refused", wrong, 0, 1000, false)
		wantProblem(i.t, "refused", wrong, "inconsistent-upload-length")
	}
	i.patch(200, d, at, 0, true, data, "Upload-Length: 1000")
	i.wantFile(at, data)
}

// What is complete is never changed again.
func whatIsComplete(i *instance, d dialect, data []byte) {
	at := i.want(201, "jane", "POST", uploads, data, d.lines(true, png)...).Header.Get("Location")
	more := i.patch(400, d, at, 1000, true, data[:1])
	d.wantState(i.t, "more", more, 1000, 1000, true)
	wantProblem(i.t, "more", more, "inconsistent-upload-length")
	wantProblem(i.t, "a part", i.patch(400, d, at, 1000, false, data[:1]), "inconsistent-upload-length")
	wantProblem(i.t, "nothing", i.patch(400, d, at, 1000, false, nil), "completed-upload")
	i.patch(409, d, at, 0, true, data)
	d.wantState(i.t, "asked", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 1000, 1000, true)
	i.wantFile(at, data)
}

func whatIsTooLarge(i *instance, d dialect, _ []byte) {
	for _, got := range []*http.Response{
		i.want(413, "jane", "POST", uploads, nil, d.lines(false, png, "Upload-Length: 5001")...),
		i.want(413, "jane", "POST", uploads, make([]byte, 5001), d.lines(true, png)...),
		i.patch(413, d, i.created(d, ""), 0, false, make([]byte, 5001)),
	} {
		if limit := got.Header.Get("Upload-Limit"); !strings.Contains(limit, "max-size=5000") {
			i.t.Errorf("got Upload-Limit %q", limit)
		}
	}
	got := i.want(204, "jane", "OPTIONS", uploads, nil, d.lines(true)[1:]...)
	if got.Header.Get("Accept-Patch") != "application/partial-upload" || !strings.Contains(got.Header.Get("Upload-Limit"), "max-size=5000") {
		i.t.Errorf("OPTIONS: got %v", got.Header)
	}
}

func whatWasGivenUp(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	i.patch(204, d, at, 0, false, data[:10])
	i.want(204, "jane", "DELETE", at, nil, d.lines(true)[1:]...)
	d.wantState(i.t, "more", i.patch(410, d, at, 10, true, data[10:]), 10, 1000, false)
	d.wantState(i.t, "asked", i.want(410, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 10, 1000, false)
}

// A header of another form is as good as none.
func valuesOfAnotherForm(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	for _, offset := range []string{"-1", "0.0", "zero", "?0", "0, 0", "9999999999999999"} {
		i.want(400, "jane", "PATCH", at, data, d.lines(true, patch, "Upload-Offset: "+offset)...)
	}
	i.want(201, "jane", "POST", uploads, data, d.lines(true, png, "Upload-Length: many")...)
	name, _, _ := strings.Cut(d.lines(true)[0], ":")
	for _, value := range []string{"true", "1", "?2", "\"?1\"", "?1, ?1"} {
		i.want(400, "jane", "PATCH", at, data, append(d.lines(true, "X: y")[2:], patch, "Upload-Offset: 0", name+": "+value)...)
	}
	i.patch(200, d, at, 0, true, data)
}
