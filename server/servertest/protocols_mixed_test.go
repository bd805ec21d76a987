package servertest_test

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// dialect is one of the three ways in which uploads are spoken of, as each can do with what another one has begun.
type dialect struct {
	create func(c *caller, n int) (key string)
	stand  func(c *caller, key string) int
	send   func(c *caller, key string, content []byte, from, to int) answer
}

func dialects() map[string]dialect {
	all := map[string]dialect{"Content-Range": {
		create: (*caller).create, stand: (*caller).stand, send: (*caller).patch,
	}}
	for name, p := range protocols() {
		all[name] = dialect{
			create: func(c *caller, n int) string { return path.Base(p.create(c, n)) },
			stand:  func(c *caller, key string) int { return p.stand(c, p.uploads+key) },
			send: func(c *caller, key string, content []byte, from, to int) answer {
				c.t.Helper()
				body := bytes.NewReader(content[from:to])
				got, err := p.send(c, p.uploads+key, from, body, to-from, to == len(content))
				if err != nil {
					c.t.Fatal(err)
				}
				return got
			},
		}
	}
	return all
}

// What one protocol begins another one goes on with, and the third finishes. Bytes that do not begin where the upload
// stands are refused by each of them, and spoil nothing. Who had said at the beginning that it is to be a photo has it
// in the end.
func TestThreeProtocolsOneUpload(t *testing.T) {
	t.Parallel()
	const size, third = 90_000, 30_000
	for _, order := range []string{
		"tus, resumable, Content-Range", "tus, Content-Range, resumable", "resumable, tus, Content-Range",
		"resumable, Content-Range, tus", "Content-Range, tus, resumable", "Content-Range, resumable, tus",
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			jane, content := callInstance(t, servertest.Start(t)), servertest.Picture("me.png", size)
			names, all := strings.Split(order, ", "), dialects()
			key := all[names[0]].create(jane, size)
			for n, name := range names {
				by, from := all[name], n*third
				if at := by.stand(jane, key); at != from {
					t.Fatalf("%s: got offset %d, want %d", name, at, from)
				}
				for _, wrong := range []int{from - 1, from + 1} {
					if wrong < 0 {
						continue
					}
					got := by.send(jane, key, content, wrong, wrong+third-1)
					jane.want(name+" elsewhere", got, http.StatusConflict, http.StatusRequestedRangeNotSatisfiable)
				}
				got := by.send(jane, key, content, from, from+third)
				jane.want(name, got, http.StatusOK, http.StatusAccepted, http.StatusNoContent)
			}
			jane.wantTusFile(tusUploads+key, content)
			if version := jane.photoOf("jane").Version; (version == "") != (names[0] == "Content-Range") {
				t.Errorf("got the photo %q of an upload that was begun by %s", version, names[0])
			}
		})
	}
}
