package resumable_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// urlSession are the headers that URLSession adds of itself, of iOS 17.4.
var urlSession = []string{
	"Accept: */*", "Accept-Language: en-GB,en;q=0.9", "Accept-Encoding: gzip, deflate", "Connection: keep-alive",
	"User-Agent: Photos/1 CFNetwork/1494.0.7 Darwin/23.4.0",
}

// interim waits for the interim answer that says where an upload is.
func (l *line) interim() string {
	l.t.Helper()
	first, err := http.ReadResponse(l.from, nil)
	if err != nil || first.StatusCode != 104 {
		l.t.Fatalf("got %v, %v, want a 104", first, err)
	}
	l.localize(first)
	return first.Header.Get("Location")
}

func (l *line) reset() {
	l.t.Helper()
	if tcp, ok := l.Conn.(*net.TCPConn); !ok || tcp.SetLinger(0) != nil || tcp.Close() != nil {
		l.t.Fatal("the line cannot be reset")
	}
}

// read gives the server a moment; nothing tells from outside when it has read what was sent.
func read() { time.Sleep(200 * time.Millisecond) }

// R19: an upload task of URLSession sends the whole file in one request. When its line breaks, it asks at the
// Location of the interim answer, and sends the rest. From the version of iOS 18.1 on the rest has a media type; that of
// iOS 26 tells the length by itself.
//
// Source: Apple's server for it, HTTPResumableUploadProtocol.swift of github.com/apple/swift-nio-extras (versions 3, 5 and 6);
// WWDC23, session 10006; for version 8 what github.com/tus/rufh-implementations tells of iOS 26.2 (pull request 10). No
// device has sent them.
func TestRequestsOfURLSession(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("phone", 1000)
	for d, rest := range map[dialect]string{"3": png, "5": png, "6": patch, "8": patch} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			i := &instance{i.Instance, t}
			head := append(d.lines(true, urlSession...), png, "Content-Length: 1000")
			if d == "8" {
				head = append(head, "Upload-Length: 1000")
			}
			l := i.begin("jane", "POST", uploads, data[:700], head...)
			at := l.interim()
			read()
			l.reset()
			d.wantState(t, "asked", i.want(204, "jane", "HEAD", at, nil, append(d.lines(true)[1:], urlSession...)...), 700, 1000, false)
			got := i.want(200, "jane", "PATCH", at, data[700:], append(d.lines(true, urlSession...), rest, "Upload-Offset: 700")...)
			d.wantState(t, "ended", got, 1000, 1000, true)
			i.wantFile(at, data)
		})
	}
}

// OkHttp knows nothing of the draft: an app says its words, names no version, and must get no interim answer,
// which old versions of OkHttp take for the final one. A body of its streams comes in chunks.
//
// Source: BridgeInterceptor.kt of github.com/square/okhttp, which adds the headers; its issue 7440. No device has sent them.
func TestRequestsOfOkHttp(t *testing.T) {
	t.Parallel()
	i, data := &instance{servertest.Start(t), t}, servertest.Picture("phone", 1000)
	okHTTP := []string{"Connection: Keep-Alive", "Accept-Encoding: gzip", "User-Agent: okhttp/4.12.0"}
	send := func(status int, method, at, body string, head ...string) *http.Response {
		got, before := i.begin("jane", method, at, []byte(body), append(head, okHTTP...)...).hear(method)
		if got.StatusCode != status || len(before) > 0 {
			t.Fatalf("%s: got %s after %d interim answers, want %d", method, got.Status, len(before), status)
		}
		return got
	}
	at := send(201, "POST", uploads, "", "Content-Type: image/jpeg; charset=utf-8", "Content-Length: 0", "Upload-Complete: ?0",
		"Upload-Length: 1000", "Content-Disposition: inline; filename=\"me.jpg\"").Header.Get("Location")
	i.want(204, "jane", "DELETE", at, nil)
	at = send(201, "POST", uploads, "", png, "Content-Length: 0", "Upload-Complete: ?0").Header.Get("Location")
	for from := 0; from < 1000; from += 250 {
		body := fmt.Sprintf("fa\r\n%s\r\n0\r\n\r\n", data[from:from+250])
		got := send(204, "PATCH", at, body, patch, "Transfer-Encoding: chunked", "Upload-Complete: ?0", fmt.Sprint("Upload-Offset: ", from))
		if have := got.Header.Get("Upload-Offset"); have != fmt.Sprint(from+250) {
			t.Errorf("got offset %s, want %d", have, from+250)
		}
	}
	send(200, "PATCH", at, "", patch, "Content-Length: 0", "Upload-Complete: ?1", "Upload-Offset: 1000")
	i.wantFile(at, data)
}

// R20: a client that falls silent is cut off, not answered with success, and its bytes are kept.
func TestASilentPhone(t *testing.T) {
	t.Parallel()
	i := &instance{servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.IdleTimeout = boot.Duration(time.Second) })), t}
	data := servertest.Picture("phone", 1000)
	d := dialect("8")
	l := i.begin("jane", "POST", uploads, data[:600], d.lines(true, png, "Content-Length: 1000")...)
	at := l.interim()
	if got, _ := l.hear("POST"); got.StatusCode != http.StatusRequestTimeout {
		t.Errorf("got %s", got.Status)
	}
	d.wantState(t, "asked", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 600, 1000, false)
	i.patch(200, d, at, 600, true, data[600:])
	i.wantFile(at, data)
}

// A chunked body that is cut is not taken for whole, and the upload not for complete.
func TestACutChunkedBody(t *testing.T) {
	t.Parallel()
	i, data, d := &instance{servertest.Start(t), t}, servertest.Picture("phone", 1000), dialect("8")
	l := i.begin("jane", "POST", uploads, fmt.Appendf(nil, "258\r\n%s\r\n3e8\r\n%s", data[:600], data[600:700]),
		d.lines(true, png, "Transfer-Encoding: chunked")...)
	at := l.interim()
	if tcp, ok := l.Conn.(*net.TCPConn); !ok || tcp.CloseWrite() != nil {
		t.Fatal("the line cannot be cut")
	}
	if got, _ := l.hear("POST"); got.StatusCode < 400 {
		t.Errorf("got %s", got.Status)
	}
	d.wantState(t, "asked", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 700, -1, false)
	i.patch(200, d, at, 700, true, data[700:])
	i.wantFile(at, data)
}

// R22: an answer that was lost is asked for again; the bytes count once. A request that declares a checksum
// keeps nothing unless it holds.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	i, data, d := &instance{servertest.Start(t), t}, servertest.Picture("phone", 1000), dialect("8")
	at := i.created(d, "1000")
	i.patch(204, d, at, 0, false, data[:400])
	d.wantState(t, "the same again", i.patch(409, d, at, 0, false, data[:400]), 400, 1000, false)
	i.patch(400, d, at, 400, true, data[400:], "Content-Digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")
	d.wantState(t, "asked", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 400, 1000, false)
	i.patch(200, d, at, 400, true, data[400:])
	d.wantState(t, "the end again", i.patch(200, d, at, 1000, true, nil), 1000, 1000, true)
	i.wantFile(at, data)
}

// Igloo's PATCH goes on with an upload of this protocol, and the other way round. What does not begin at the
// offset is refused by both, and spoils nothing.
func TestIglooGoesOn(t *testing.T) {
	t.Parallel()
	i, data, d := &instance{servertest.Start(t), t}, servertest.Picture("two", 1000), dialect("8")
	const igloo = "/.api2/api/v1/communities/1/attachments"
	put := func(status int, at string, from, to int) *http.Response {
		t.Helper()
		return i.want(status, "jane", "PATCH", igloo+"/uploads/"+path.Base(at), data[from:to], png,
			fmt.Sprintf("Content-Range: bytes %d-%d/1000", from, to-1))
	}
	at := i.created(d, "1000")
	i.patch(204, d, at, 0, false, data[:300])
	put(416, at, 0, 500)
	put(202, at, 300, 600)
	i.patch(409, d, at, 300, true, data[300:])
	i.patch(204, d, at, 600, false, data[600:700])
	put(200, at, 700, 1000)
	d.wantState(t, "ended by Igloo", i.want(204, "jane", "HEAD", at, nil, d.lines(true)[1:]...), 1000, 1000, true)
	i.patch(400, d, at, 1000, true, data[:1])
	i.wantFile(at, data)

	at = "/v1/communities/1/uploads/" + path.Base(i.want(201, "jane", "POST", igloo, []byte(`{"ContentLength":1000,"ContentType":"image/png","Name":"me.png"}`),
		"Content-Type: application/json").Header.Get("Location"))
	put(202, at, 0, 400)
	d.wantState(t, "begun by Igloo", i.patch(204, d, at, 400, false, data[400:500]), 500, 1000, false)
	put(416, at, 400, 1000)
	i.patch(200, d, at, 500, true, data[500:])
	put(409, at, 0, 1000)
	i.wantFile(at, data)
}

// What an upload wishes to be rides in its row: whichever request completes it makes it true, also another
// dialect's, and the owner's question makes up for it; once.
func TestAWishIsMadeTrue(t *testing.T) {
	t.Parallel()
	data, d, jane := servertest.Picture("me", 1000), dialect("8"), string(servertest.Person("jane"))
	for name, finish := range map[string]func(i *instance, at string){
		"by the last bytes": func(i *instance, at string) { i.patch(200, d, at, 400, true, data[400:]) },
		"by Igloo": func(i *instance, at string) {
			i.want(200, "jane", "PATCH", "/.api2/api/v1/communities/1/attachments/uploads/"+path.Base(at), data[400:],
				png, "Content-Range: bytes 400-999/1000")
		},
		"by the owner's question": func(i *instance, at string) { // the server died before the association
			_, err := i.Engine().Append(i.t.Context(), storage.Write{
				ID: storage.ID{Community: 1, Key: storage.Key(path.Base(at))}, At: 400, Len: 600, Total: storage.Unknown,
				Body: steady{bytes.NewReader(data[400:])},
			})
			if err != nil || strings.Contains(i.photo(), `"version":`) {
				i.t.Fatalf("got %v, %s", err, i.photo())
			}
			i.want(204, "jane", "HEAD", at, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &instance{servertest.Start(t), t}
			got := i.want(201, "jane", "POST", uploads+"?type=profilephoto&objectId={"+strings.ToUpper(jane)+"}", data[:400],
				d.lines(false, png, "Upload-Length: 1000")...)
			at := got.Header.Get("Location")
			if strings.Contains(at, "?") {
				t.Errorf("got Location %s, want no query", at)
			}
			finish(i, at)
			first := i.photo()
			if !strings.Contains(first, `"version":`) {
				t.Fatalf("got %s, want a photo", first)
			}
			i.want(204, "jane", "DELETE", "/v1/communities/1/users/"+jane+"/photo", nil)
			i.want(204, "jane", "HEAD", at, nil)
			i.patch(200, d, at, 1000, true, nil)
			if again := i.photo(); strings.Contains(again, `"version":`) {
				t.Errorf("got %s: an old upload came back", again)
			}
		})
	}
}

// photo describes jane's photo.
func (i *instance) photo() string {
	i.t.Helper()
	l := i.begin("jane", "GET", "/v1/communities/1/users/"+string(servertest.Person("jane"))+"/photo", nil, "Accept: application/json")
	got, err := http.ReadResponse(l.from, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := io.ReadAll(got.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}

// steady is a body that nothing interrupts.
type steady struct{ *bytes.Reader }

// Interrupt does nothing: every byte is there.
func (steady) Interrupt() {}
