package tus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage"
)

// Foreign and missing keys get the same answer, a stranger 401.
func TestRights(t *testing.T) {
	t.Parallel()
	i := start(t)
	at := i.create(size)
	missing := uploads + "0123456789"
	for _, method := range []string{"HEAD", "PATCH", "DELETE", "GET", "POST"} {
		var head []string
		if method == "PATCH" || method == "POST" {
			head = []string{octets, "Upload-Offset: 0", "X-HTTP-Method-Override: PATCH"}
		}
		foreign := i.want(404, request{method: method, path: at, as: "john", head: head})
		gone := i.want(404, request{method: method, path: missing, as: "john", head: head})
		if foreign.body != gone.body || len(foreign.Header) != len(gone.Header) {
			t.Errorf("%s: got %v for a foreign key, %v for a missing one", method, foreign, gone)
		}
		i.want(404, request{method: method, path: strings.Replace(at, "/1/", "/2/", 1), head: head})
		for _, path := range []string{at, missing} {
			if got := i.want(401, request{method: method, path: path, as: "-", head: head}); got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: got %v", method, got)
			}
		}
	}
	i.want(401, request{method: "POST", path: uploads, as: "-", head: []string{"Upload-Length: 5", pngMeta}})
	i.want(404, request{method: "POST", path: "/v1/communities/2/tus/", head: []string{"Upload-Length: 5", pngMeta}})
	i.want(200, request{method: "HEAD", path: at, as: "admin"})
	i.wantOffset(at, 0)
}

// An upload that says whose photo it is becomes that, with the rights of the association call.
func TestAssociationAtCompletion(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := picture("me")
	jane, john := person("jane"), person("john")
	create := func(i *instance, as, who, kind string) answer {
		return i.send(request{method: "POST", path: uploads, as: as, head: []string{
			fmt.Sprint("Upload-Length: ", size), meta("filename", "me.png", "objectId", who, "type", kind),
		}})
	}
	for _, c := range []struct {
		name, as, who, kind string
		status              int
	}{
		{"one's own", "jane", jane, "ProfilePhoto", 201},
		{"another's as administrator", "admin", john, "profilephoto", 201},
		{"another's", "jane", john, "ProfilePhoto", 403},
		{"no GUID", "jane", "jane", "ProfilePhoto", 400},
		{"another type", "jane", jane, "Cover", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := i.in(t)
			got := create(i, c.as, c.who, c.kind)
			if got.StatusCode != c.status {
				t.Fatalf("got %v, want %d", got, c.status)
			}
			if c.status != 201 {
				return
			}
			at := got.Header.Get("Location")
			i.want(204, request{method: "PATCH", path: at, as: c.as, body: data, head: []string{octets, "Upload-Offset: 0"}})
			i.wantPhoto(c.who)
			u, err := i.Engine().Find(t.Context(), i.id(at))
			if err != nil || u.Wish != "" {
				t.Errorf("got %+v, %v: the wish is not over", u, err)
			}
		})
	}
	t.Run("of joined parts", func(t *testing.T) {
		t.Parallel()
		i := start(t)
		i.want(201, request{method: "POST", path: uploads, head: []string{
			final(i.part(data[:500], ""), i.part(data[500:], "")), meta("filename", "me.png", "objectId", jane, "type", "ProfilePhoto"),
		}})
		i.wantPhoto(jane)
	})
}

// The wish of an upload whose last answer was lost, and whose association with it, is made true by the next
// HEAD; and only once, so that an old upload never takes a newer photo's place.
func TestALostAssociationIsMadeUpFor(t *testing.T) {
	t.Parallel()
	i := start(t)
	jane := person("jane")
	upload := func(name string) string {
		got := i.want(201, request{method: "POST", path: uploads, head: []string{
			fmt.Sprint("Upload-Length: ", size), meta("filename", "me.png", "objectId", jane, "type", "ProfilePhoto"),
		}})
		return got.Header.Get("Location")
	}
	first := upload("first")
	// As if the server had stopped between the last byte and the association.
	_, err := i.Engine().Append(t.Context(), storage.Write{
		ID: i.id(first), Len: size, Total: storage.Unknown, Body: steady{bytes.NewReader(picture("first"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	i.want(200, request{method: "HEAD", path: first, as: "admin"})
	if i.photo(jane) != "" {
		t.Fatal("an administrator's look made the photo")
	}
	i.wantOffset(first, size)
	version := i.wantPhoto(jane)
	second := upload("second")
	i.patch(second, 0, picture("second"))
	newer := i.wantPhoto(jane)
	if newer == version {
		t.Fatal("the second photo did not come")
	}
	i.wantOffset(first, size)
	if got := i.wantPhoto(jane); got != newer {
		t.Errorf("got %s, want %s: the old upload took the photo back", got, newer)
	}
}

// Whichever dialect brings the last byte makes the wish true, or makes up for it.
func TestIglooFinishesWhatHasAWish(t *testing.T) {
	t.Parallel()
	for name, finish := range map[string]func(i *instance, entry string, data []byte){
		"by its last bytes": func(i *instance, entry string, data []byte) {
			i.want(200, request{method: "PATCH", path: entry, body: data[1000:], head: []string{
				fmt.Sprintf("Content-Range: bytes 1000-%d/%d", size-1, size), "Content-Type: image/png",
			}})
		},
		"by a question": func(i *instance, entry string, data []byte) {
			_, err := i.Engine().Append(i.t.Context(), storage.Write{
				ID: i.id(entry), At: 1000, Len: size - 1000, Total: storage.Unknown, Body: steady{bytes.NewReader(data[1000:])},
			})
			if err != nil {
				i.t.Fatal(err)
			}
			i.want(200, request{method: "PATCH", path: entry, head: []string{"Content-Range: bytes */*"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, data := start(t), picture("me")
			got := i.want(201, request{method: "POST", path: uploads, head: []string{
				fmt.Sprint("Upload-Length: ", size), meta("filename", "me.png", "objectId", person("jane"), "type", "ProfilePhoto"),
			}})
			at := got.Header.Get("Location")
			i.patch(at, 0, data[:1000])
			finish(i, igloo+"/uploads/"+key(at), data)
			i.wantPhoto(person("jane"))
		})
	}
}

// steady is a body that nothing interrupts.
type steady struct{ *bytes.Reader }

// Interrupt does nothing: every byte is there.
func (steady) Interrupt() {}

// photo is the version of the person's newest photo, "" if there is none.
func (i *instance) photo(who string) string {
	i.t.Helper()
	got := i.want(200, request{method: "GET", path: "/v1/communities/1/users/" + who + "/photo", head: []string{"Accept: application/json"}})
	var said struct{ Version, State string }
	if err := json.Unmarshal([]byte(got.body), &said); err != nil {
		i.t.Fatalf("%s: %v", got.body, err)
	}
	if said.State == "pending" {
		return "pending"
	}
	return said.Version
}

// wantPhoto waits until the newest photo is no longer pending.
func (i *instance) wantPhoto(who string) string {
	i.t.Helper()
	for until := time.Now().Add(60 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		switch got := i.photo(who); got {
		case "pending":
		case "":
			i.t.Fatal("there is no photo")
		default:
			return got
		}
	}
	i.t.Fatal("the photo is pending for ever")
	return ""
}

// Bytes that one dialect begins the other finishes; what does not fit is refused, and nothing is spoilt.
func TestTwoDialectsOneUpload(t *testing.T) {
	t.Parallel()
	i := start(t)
	data := servertest.Picture("two", size)
	content := func(from, to int) []string {
		return []string{fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to-1, size), "Content-Type: image/png"}
	}
	t.Run("begun by tus", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		at := i.create(size)
		entry := igloo + "/uploads/" + key(at)
		i.patch(at, 0, data[:1000])
		i.want(416, request{method: "PATCH", path: entry, body: data[:500], head: content(0, 500)})
		i.want(202, request{method: "PATCH", path: entry, body: data[1000:2000], head: content(1000, 2000)})
		i.want(202, request{method: "PATCH", path: entry, body: data[1000:2000], head: content(1000, 2000)}) // a repeat
		if got := i.patch(at, 1000, data[1000:2000]); got.StatusCode != 409 {
			t.Errorf("got %v", got)
		}
		i.wantOffset(at, 2000)
		i.patch(at, 2000, data[2000:])
		got := i.want(200, request{method: "GET", path: "/.api2/binaries/" + key(at) + "/download/me.png"})
		if got.body != string(data) || got.Header.Get("Content-Type") != "image/png" {
			t.Errorf("got %d bytes, %v", len(got.body), got.Header)
		}
		i.want(200, request{method: "POST", path: igloo + "/" + key(at) + "/association/" + person("jane") + "?type=ProfilePhoto"})
	})
	t.Run("begun by Igloo", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		got := i.want(201, request{
			method: "POST", path: igloo, head: []string{"Content-Type: application/json"},
			body: fmt.Appendf(nil, `{"ContentLength":%d,"ContentType":"image/png","Name":"me.png"}`, size),
		})
		k := key(got.Header.Get("Location"))
		entry, at := igloo+"/uploads/"+k, uploads+k
		i.want(202, request{method: "PATCH", path: entry, body: data[:1000], head: content(0, 1000)})
		i.wantOffset(at, 1000)
		if got := i.patch(at, 1000, data[1000:2000]); got.StatusCode != 204 {
			t.Errorf("got %v", got)
		}
		i.want(200, request{method: "PATCH", path: entry, body: data[2000:], head: content(2000, size)})
		i.wantFile(at, data)
	})
	t.Run("a length that is not known yet", func(t *testing.T) {
		t.Parallel()
		i := i.in(t)
		got := i.want(201, request{method: "POST", path: uploads, head: []string{"Upload-Defer-Length: 1", pngMeta}})
		at := got.Header.Get("Location")
		i.want(202, request{method: "PATCH", path: igloo + "/uploads/" + key(at), body: data[:1000], head: content(0, 1000)})
		i.want(202, request{method: "PATCH", path: igloo + "/uploads/" + key(at), body: data[1000:], head: content(1000, size)})
		i.patch(at, size, nil, fmt.Sprint("Upload-Length: ", size))
		i.wantFile(at, data)
	})
}
