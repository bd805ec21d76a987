//go:build soak && linux

package servertest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"cameo/server/servertest"
)

// R09: the file system of the database fills up again and again; the bytes lie elsewhere and have room.
func TestSoakR09DatabaseDiskFull(t *testing.T) {
	const size, kept = 400_000, 150_000
	rounds := soakTimes(t, 20)
	data, blobs := tmpfs(t, "8m"), t.TempDir()
	child := servertest.Process(t, servertest.ProcessOptions{
		Data: data, Flags: []string{"--blobs", "disk:" + blobs}, Unlimited: true,
	})
	child.WaitReady()
	s, content := fullStory{call(t, child), child, data}, servertest.Picture("me.png", size)
	s.wantFirstPhoto()
	stone := filepath.Join(data, "ballast")
	full := []int{http.StatusServiceUnavailable, http.StatusInsufficientStorage}
	for range rounds {
		key := s.create(size)
		s.want("what fits", s.patch(key, content, 0, kept), http.StatusAccepted)
		ballast(t, stone)
		s.trouble = true
		at := kept
		for refused := 0; refused < 3; { // some rows may still find their place in what is there
			got := s.patch(key, content, at, min(at+1000, size))
			if got.status == http.StatusAccepted {
				at = got.offset()
				continue
			}
			s.want("a PATCH", got, full...)
			s.wantAlive(key, at)
			refused++
		}
		for refused := 0; refused < 3; {
			if created := s.declare("more.png", "image/png", 1000); created.status != http.StatusCreated {
				s.want("another entry", created, full...)
				refused++
			}
		}
		s.wantUnready("database")
		if err := os.Remove(stone); err != nil {
			t.Fatal(err)
		}
		s.recovers()
		s.finish(key, content)
	}
	child.Kill()
	wantTidyBlobs(t, data, blobs)
}
