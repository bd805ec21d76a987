package association_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb/sqltest"
)

// run lets the worker run until the test ends.
func (h *house) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { h.worker.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// await waits until the photo is Ready.
func (h *house) await(t *testing.T, v association.Version) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		p, err := h.service.Version(t.Context(), here, v)
		must(t, err)
		if p.State == association.Ready {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the photo is %v", p.State)
		}
	}
}

// slow makes storing the renditions of v wait for the returned function; begun is closed when it waits.
func (h *house) slow(v association.Version) (begun chan struct{}, end func()) {
	begun, held := make(chan struct{}), make(chan struct{})
	h.blobs.Fault = func(op string, name storage.Name) error {
		if op == "create" && strings.HasPrefix(string(name), string(v)+"/") {
			close(begun)
			<-held
		}
		return nil
	}
	return begun, func() { close(held) }
}

func (h *house) ask(t *testing.T, person association.GUID) association.Photo {
	t.Helper()
	p, err := h.service.Associate(t.Context(), member(person), h.upload(t, person, photo(t, 30, 30)), person)
	must(t, err)
	return p
}

func TestASlowPictureKeepsNoOtherSlotIdle(t *testing.T) {
	t.Parallel()
	h := build(t, sqltest.SQLite(t), func(c *association.Config) { c.Limits.Poll = time.Hour })
	slow := h.ask(t, jane)
	begun, end := h.slow(slow.Version)
	h.run(t)
	<-begun
	for range 3 {
		h.await(t, h.ask(t, john).Version)
	}
	h.state(t, slow.Version, association.Pending)
	end()
	h.await(t, slow.Version)
}

func TestNothingRunsBesideASecondTry(t *testing.T) {
	t.Parallel()
	h := build(t, sqltest.SQLite(t), func(c *association.Config) { c.Limits.Poll = 10 * time.Millisecond })
	poison := h.ask(t, jane)
	h.claim(t, false, 1)
	h.pass(3 * time.Minute)
	begun, end := h.slow(poison.Version)
	h.run(t)
	<-begun
	other := h.ask(t, john)
	time.Sleep(100 * time.Millisecond) // many polls
	if p := h.state(t, other.Version, association.Pending); p.Epoch != 0 {
		t.Error("another picture was begun beside it")
	}
	end()
	h.await(t, poison.Version)
	h.await(t, other.Version)
}
