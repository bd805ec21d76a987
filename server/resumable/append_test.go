package resumable_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/resumable"
	"cameo/server/servertest"
)

// progressOfAnAppend wants interim answers that tell what is durable, in the versions that know them, and in none of
// them where the upload is: that is known by then.
func progressOfAnAppend(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	l := i.begin("jane", "PATCH", at, data[:400], d.lines(true, patch, "Upload-Offset: 0", "Content-Length: 1000")...)
	if d >= "5" && d != "final" {
		first, err := http.ReadResponse(l.from, nil)
		if err != nil || first.StatusCode != 104 {
			i.t.Fatalf("got %v, %v, want a 104", first, err)
		}
		var offset int
		if _, err := fmt.Sscan(first.Header.Get("Upload-Offset"), &offset); err != nil || offset < 1 || offset > 400 {
			i.t.Errorf("got %v, want an offset up to the 400 sent", first.Header)
		}
		if first.Header.Get("Upload-Draft-Interop-Version") != string(d) || first.Header.Get("Location") != "" {
			i.t.Errorf("got %v, want the version and no Location", first.Header)
		}
	}
	if _, err := l.Write(data[400:]); err != nil {
		i.t.Fatal(err)
	}
	got, before := l.hear("PATCH")
	if (d < "5" || d == "final") && len(before) > 0 {
		i.t.Errorf("got %d interim answers, want none", len(before))
	}
	d.wantState(i.t, "ended", got, 1000, 1000, true)
	i.wantFile(at, data)
}

// moreThanTheLength: a body without a length that brings more than there may be ends the upload, since nobody knows
// which bytes were meant.
func moreThanTheLength(i *instance, d dialect, data []byte) {
	at := i.created(d, "1000")
	body := fmt.Appendf(nil, "3e8\r\n%s\r\n1\r\nx\r\n0\r\n\r\n", data)
	got, _ := i.begin("jane", "PATCH", at, body, d.lines(true, patch, "Upload-Offset: 0", "Transfer-Encoding: chunked")...).hear("PATCH")
	if got.StatusCode != 400 {
		i.t.Fatalf("got %s, want 400", got.Status)
	}
	wantProblem(i.t, "refused", got, "inconsistent-upload-length")
	i.want(410, "jane", "HEAD", at, nil, d.lines(true)[1:]...)
}

// whatIsNoPicture is refused when its last byte has come. Upload-Complete tells a client that sending it again will not
// help.
func whatIsNoPicture(i *instance, d dialect, _ []byte) {
	at := i.created(d, "1000")
	d.wantState(i.t, "refused", i.patch(415, d, at, 0, true, make([]byte, 1000)), 1000, 1000, true)
	i.want(415, "jane", "HEAD", at, nil, d.lines(true)[1:]...)
}

// Who runs Cameo says which versions get interim answers. Final, once listed, is the one of clients that name none.
func TestListedVersions(t *testing.T) {
	t.Parallel()
	listed := servertest.Configured(func(c *boot.Config) { c.Resumable = []resumable.Version{6, resumable.Final} })
	i, data := &instance{servertest.Start(t, listed), t}, servertest.Picture("me", 1000)
	for d, told := range map[dialect]bool{"final": true, "6": true, "5": false, "9": false} {
		got, before := i.begin("jane", "POST", uploads, data, d.lines(true, png, "Content-Length: 1000")...).hear("POST")
		if got.StatusCode != 201 || told != (len(before) > 0) {
			t.Fatalf("%s: got %s after %d interim answers, want some: %t", d, got.Status, len(before), told)
		}
		if !told {
			continue
		}
		number := strings.TrimSuffix(string(d), "final") // what says no version is told none
		if first := before[0]; first.StatusCode != 104 || first.Header.Get("Location") != got.Header.Get("Location") ||
			first.Header.Get("Upload-Draft-Interop-Version") != number {
			t.Errorf("%s: got %s %v", d, first.Status, first.Header)
		}
	}
}

// R21 on one node: a newer PATCH takes over from a request that hangs, and DELETE ends it.
func TestAHangingRequestIsEnded(t *testing.T) {
	t.Parallel()
	i, data, d := &instance{servertest.Start(t), t}, servertest.Picture("me", 1000), dialect("8")
	hang := func(i *instance) (l *line, at string) {
		l = i.begin("jane", "POST", uploads, make([]byte, 300), d.lines(true, png, "Content-Length: 1000")...)
		at = l.interim()
		read()
		return l, at
	}
	t.Run("by PATCH", func(t *testing.T) {
		t.Parallel()
		i := &instance{i.Instance, t}
		old, at := hang(i)
		i.patch(200, d, at, 0, true, data)
		if got, _ := old.hear("POST"); got.StatusCode != http.StatusConflict {
			t.Errorf("the older got %s", got.Status)
		}
		i.wantFile(at, data)
	})
	t.Run("by DELETE", func(t *testing.T) {
		t.Parallel()
		i := &instance{i.Instance, t}
		old, at := hang(i)
		i.want(204, "jane", "DELETE", at, nil)
		if got, _ := old.hear("POST"); got.StatusCode < 400 {
			t.Errorf("the older got %s", got.Status)
		}
		i.want(410, "jane", "HEAD", at, nil)
	})
}

// A client that waits for 100 Continue gets it, also behind a 104; what its head tells is judged before.
func TestExpect(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("me", 1000)
	const expect, length = "Expect: 100-continue", "Content-Length: 1000"
	next := func(l *line, want int) *http.Response {
		t.Helper()
		got, err := http.ReadResponse(l.from, nil)
		if err != nil || got.StatusCode != want {
			t.Fatalf("got %v, %v, want %d", got, err, want)
		}
		return got
	}
	for _, d := range []dialect{"3", "8", "final"} {
		l := i.begin("jane", "POST", uploads, nil, d.lines(true, png, expect, length)...)
		if d != "final" {
			next(l, 104)
		}
		next(l, 100)
		if _, err := l.Write(data); err != nil {
			t.Fatal(err)
		}
		if got, _ := l.hear("POST"); got.StatusCode != 201 {
			t.Errorf("%s: got %s, want 201", d, got.Status)
		}
		at := i.created(d, "1000")
		for name, head := range map[string][]string{
			"another offset": {patch, "Upload-Offset: 7"}, "no offset": {patch}, "a wrong length": {patch, "Upload-Offset: 0", "Upload-Length: 999"},
			"a wrong digest": {patch, "Upload-Offset: 0", "Content-Digest: sha-256=:YQ==:"},
		} {
			got, before := i.begin("jane", "PATCH", at, nil, d.lines(true, append(head, expect, length)...)...).hear("PATCH")
			if len(before) > 0 || got.StatusCode < 400 || got.StatusCode > 409 {
				t.Errorf("%s, %s: got %s after %d interim answers", d, name, got.Status, len(before))
			}
		}
		got, before := i.begin("jane", "POST", uploads, nil, d.lines(true, "Content-Type: text/html", expect, length)...).hear("POST")
		if len(before) > 0 || got.StatusCode != 415 || strings.Contains(got.Header.Get("Location"), uploads) {
			t.Errorf("%s, no picture: got %s after %d interim answers", d, got.Status, len(before))
		}
	}
}
