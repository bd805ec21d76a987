package servertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"cameo/storage"
)

const attachments = "/.api2/api/v1/communities/1/attachments"

// Create makes an entry for a picture of n bytes; its name tells type and colour, see Picture.
func (a *Actor) Create(name string, n int) *Actor {
	a.t.Helper()
	return a.CreateFile(name, "image/png", Picture(name, n))
}

// CreateFile makes an entry for a file.
func (a *Actor) CreateFile(name, kind string, content []byte) *Actor {
	a.t.Helper()
	a.upload = file{name, kind, content}
	text, err := json.Marshal(map[string]any{"Name": name, "ContentType": kind, "ContentLength": len(content)})
	if err != nil {
		a.t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	a.took("create", a.ask(http.MethodPost, attachments, header, bytes.NewReader(text)))
	a.key = storage.Key(path.Base(a.last.header.Get("Location")))
	return a
}

// Send uploads the bytes [from, to) of the file with one PATCH.
func (a *Actor) Send(from, to int) *Actor {
	a.t.Helper()
	header := a.ranged(from, to-1)
	return a.took("send", a.ask(http.MethodPatch, a.entry(), header, bytes.NewReader(a.upload.bytes[from:to])))
}

// WantOffset asks how far the upload has come, as its uploader.
func (a *Actor) WantOffset(n int) *Actor {
	a.t.Helper()
	header := http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", len(a.upload.bytes))}}
	a.took("ask", a.ask(http.MethodPatch, a.entry(), header, http.NoBody))
	if got := a.last.header.Get("Upload-Offset"); got != fmt.Sprint(n) {
		a.t.Fatalf("%s: got offset %s, want %d: %s", a.name, got, n, a.last.body)
	}
	return a
}

// Cancel deletes the attachment.
func (a *Actor) Cancel() *Actor {
	a.t.Helper()
	return a.took("cancel", a.ask(http.MethodDelete, a.entry(), http.Header{}, http.NoBody))
}

// Associate makes the attachment somebody's profile photo.
func (a *Actor) Associate(person string) *Actor {
	a.t.Helper()
	at := attachments + "/" + string(a.key) + "/association/" + string(Person(person)) + "?type=ProfilePhoto"
	return a.took("associate", a.ask(http.MethodPost, at, http.Header{}, http.NoBody))
}

// WantFile downloads the attachment and compares it byte for byte.
func (a *Actor) WantFile() *Actor {
	a.t.Helper()
	at := "/.api2/binaries/" + string(a.key) + "/download/" + a.upload.name
	a.took("download", a.ask(http.MethodGet, at, http.Header{}, http.NoBody))
	if !bytes.Equal(a.last.body, a.upload.bytes) {
		got, want := len(a.last.body), len(a.upload.bytes)
		a.t.Fatalf("%s: got %d bytes, want the %d of %s", a.name, got, want, a.upload.name)
	}
	return a
}

func (a *Actor) entry() string { return attachments + "/uploads/" + string(a.key) }

// ranged are the headers of a PATCH that brings the bytes first to last.
func (a *Actor) ranged(first, last int) http.Header {
	return http.Header{
		"Content-Type":  {a.upload.kind},
		"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", first, last, len(a.upload.bytes))},
	}
}

func (a *Actor) signed(h http.Header) http.Header {
	if a.token != "" {
		h.Set("Authorization", "Bearer "+a.token)
	}
	return h
}

// ask makes a request and reads its answer.
func (a *Actor) ask(method, at string, h http.Header, body io.Reader) reply {
	a.t.Helper()
	a.claim()
	r := a.request(method, at, body)
	r.Header = a.signed(h)
	resp, err := a.s.client.Do(r)
	if err != nil {
		a.t.Fatalf("%s: %v", a.name, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatalf("%s: %v", a.name, err)
	}
	return reply{resp.StatusCode, resp.Header, text}
}

func (a *Actor) request(method, at string, body io.Reader) *http.Request {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.s.URL+at, body)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// WantSaid says that the last answer has these words in its body.
func (a *Actor) WantSaid(words string) *Actor {
	a.t.Helper()
	if !strings.Contains(string(a.last.body), words) {
		a.t.Fatalf("%s: got %s, want it to say %q", a.name, a.last.body, words)
	}
	return a
}
