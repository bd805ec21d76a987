package servertest_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cameo/server/servertest"
)

// fullStory is jane, whose server has a data directory of 8 MB with a photo of hers in it.
type fullStory struct {
	*caller
	child *servertest.Child
	data  string
}

func tellFull(t *testing.T) fullStory {
	t.Helper()
	data := tmpfs(t, "8m")
	child := servertest.Process(t, servertest.ProcessOptions{Data: data})
	child.WaitReady()
	s := fullStory{call(t, child), child, data}
	s.wantFirstPhoto()
	return s
}

// wantFirstPhoto gives jane a small photo.
func (s fullStory) wantFirstPhoto() {
	s.t.Helper()
	small := servertest.Picture("old.png", 5000)
	key := s.create(len(small))
	s.want("a small photo", s.patch(key, small, 0, len(small)), http.StatusOK)
	got, err := s.associate(key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.want("its association", got, http.StatusOK)
	s.wantPhoto()
}

// wantAlive wants everything to answer that needs no room.
func (s fullStory) wantAlive(key string, offset int) {
	s.t.Helper()
	if at := s.look(key); at != offset {
		s.t.Errorf("got offset %d, want the durable %d", at, offset)
	}
	if at := s.stand(key); at != offset {
		s.t.Errorf("status: got offset %d, want the durable %d", at, offset)
	}
	for _, at := range []string{"/healthz", picture(), "/", "/openapi.yaml"} {
		s.want(at, s.ask(http.MethodGet, at, nil, nil), http.StatusOK)
	}
}

// R08: an upload that is larger than the room that is left.
func TestR08DiskFull(t *testing.T) {
	t.Parallel()
	s := tellFull(t)
	const size, kept = 20 * mebibyte, 2 * mebibyte
	content := servertest.Picture("me.png", size)
	key := s.create(size)
	s.want("what fits", s.patch(key, content, 0, kept), http.StatusAccepted)
	s.trouble = true
	for range 3 { // what did not fit leaves no room taken behind
		got := s.patch(key, content, kept, size)
		if s.want("what does not fit", got, http.StatusInsufficientStorage); got.offset() != kept {
			t.Errorf("got offset %d, want the durable %d: %v", got.offset(), kept, got)
		}
		s.wantAlive(key, kept)
	}
	for name, p := range protocols() {
		some := content[kept : 10*mebibyte]
		got, err := p.send(s.caller, p.uploads+key, kept, bytes.NewReader(some), len(some), false)
		if err != nil {
			t.Fatal(err)
		}
		s.want("what does not fit, by "+name, got, http.StatusInsufficientStorage)
		s.wantAlive(key, kept)
	}
	if created := s.declare("more.png", "image/png", 1000); created.status != http.StatusCreated {
		s.want("another entry", created, http.StatusInsufficientStorage, http.StatusServiceUnavailable)
	}
	remount(t, s.data, "size=64m")
	s.recovers()
	s.finish(key, content)
	s.child.Kill()
	wantTidy(t, s.data)
}

// R08: not a byte is left, for the database neither.
func TestR08NothingLeft(t *testing.T) {
	t.Parallel()
	s := tellFull(t)
	const size, kept = 1 * mebibyte, 500_000
	content := servertest.Picture("me.png", size)
	key := s.create(size)
	s.want("what fits", s.patch(key, content, 0, kept), http.StatusAccepted)
	stone := filepath.Join(s.data, "ballast")
	ballast(t, stone)

	s.trouble = true
	full := []int{http.StatusInsufficientStorage, http.StatusServiceUnavailable}
	for range 3 {
		s.want("a PATCH", s.patch(key, content, kept, size), full...)
		s.wantAlive(key, kept)
	}
	for refused := 0; refused < 3; { // a few rows may still find their place in what is there
		if created := s.declare("more.png", "image/png", 1000); created.status != http.StatusCreated {
			s.want("another entry", created, full...)
			refused++
		}
	}
	s.wantAlive(key, kept)
	time.Sleep(2 * time.Second) // readiness is looked at so often
	s.want("readiness", s.ask(http.MethodGet, "/readyz", nil, nil), http.StatusServiceUnavailable)

	if err := os.Remove(stone); err != nil {
		t.Fatal(err)
	}
	s.recovers()
	s.finish(key, content)
	s.create(1000)
	s.child.Kill()
	wantTidy(t, s.data)
}
