package association_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/blobs/mem"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// claim takes what is due as a worker does that then dies.
func (h *house) claim(t *testing.T, again bool, want int) []association.Photo {
	t.Helper()
	now := storage.Millis(h.now.Load())
	ps, err := h.album.Claim(t.Context(), association.Claim{Now: now, Until: now.Add(2 * time.Minute), N: 10, Again: again})
	must(t, err)
	if len(ps) != want {
		t.Fatalf("claimed %d photos, want %d", len(ps), want)
	}
	return ps
}

// broken answers storing a rendition with the error that it holds, if any.
type broken struct{ err atomic.Pointer[fault.Error] }

func (b *broken) store(s *mem.Store) {
	s.Fault = func(op string, name storage.Name) error {
		if id, _, err := name.Split(); err != nil || len(id) != association.VersionLength || op != "sync" {
			return nil
		}
		if err := b.err.Load(); err != nil {
			return err
		}
		return nil
	}
}

// Who reads an original whole keeps its SHA-256.
func TestTheWorkerKeepsTheSHA256(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, file := build(t, db, nil), photo(t, 30, 30)
		id := h.upload(t, jane, file)
		before, err := h.engine.Find(t.Context(), id)
		must(t, err)
		_, err = h.service.Associate(t.Context(), member(jane), id, jane)
		must(t, err)
		h.step(t, 1)
		after, err := h.engine.Find(t.Context(), id)
		must(t, err)
		if want := sha256.Sum256(file); before.SHA256 != nil || !bytes.Equal(after.SHA256, want[:]) {
			t.Errorf("got %x, then %x, want %x", before.SHA256, after.SHA256, want)
		}
	})
}

func TestADeadWorkersPhotoIsDoneAgain(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		dead := h.claim(t, false, 1)[0]
		h.pass(time.Minute)
		h.step(t, 0) // the lease still stands
		h.pass(2 * time.Minute)
		h.step(t, 1)
		done := h.state(t, p.Version, association.Ready)
		if done.Epoch != 2 || done.Renditions[0].Blob != association.SheetName(p.Version, 2) {
			t.Errorf("done as %+v", done)
		}
		dead.State = association.Failed
		wantKind(t, h.album.Settle(t.Context(), dead), fault.Superseded)
		h.state(t, p.Version, association.Ready)
		stray := association.SheetName(p.Version, 1)
		if n := h.count(t, `SELECT COUNT(blob) FROM trash WHERE blob = $1`, stray); n != 1 {
			t.Errorf("what the dead worker may have written is not in the trash")
		}
	})
}

func TestALateEpochCannotFinish(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		late := h.claim(t, false, 1)[0]
		h.pass(3 * time.Minute)
		h.claim(t, true, 1)
		late.State = association.Ready
		wantKind(t, h.album.Settle(t.Context(), late), fault.Superseded)
		h.state(t, p.Version, association.Pending)
	})
}

func TestNoPhotoIsClaimedTwice(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		id := h.upload(t, jane, photo(t, 30, 30))
		const people, workers = 40, 8
		for i := range people {
			person := association.GUID("00000000-0000-0000-0000-0000000000" + string(rune('a'+i/10)) + string(rune('0'+i%10)))
			_, err := h.service.Associate(t.Context(), administrator(), id, person)
			must(t, err)
		}
		var claimed atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range people {
					now := storage.Millis(h.now.Load())
					ps, err := h.album.Claim(context.Background(), association.Claim{Now: now, Until: now + 1000, N: 3})
					if err != nil {
						t.Error(err)
					}
					claimed.Add(int64(len(ps)))
				}
			})
		}
		all.Wait()
		if got := claimed.Load(); got != people {
			t.Errorf("%d claims of %d photos", got, people)
		}
	})
}

func TestARefusedPictureLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx := build(t, db, nil), t.Context()
		old := h.shown(t, jane)
		whole := photo(t, 300, 300)
		cut := h.upload(t, jane, whole[:len(whole)-100])
		bad, err := h.service.Associate(ctx, member(jane), cut, jane)
		must(t, err)
		h.step(t, 1)
		log, err := h.service.AuditLog(ctx, administrator(), here, 0, 0, 100)
		must(t, err)
		last := log[len(log)-1]
		if last.Action != association.PhotoFailed || last.Actor != "cameo" || last.Object != string(bad.Version) {
			t.Errorf("got %+v at the end of the audit log, want the failure", last)
		}
		if p := h.state(t, bad.Version, association.Failed); p.Reason != "truncated" || p.Tries != 1 {
			t.Errorf("failed for %q after %d tries", p.Reason, p.Tries)
		}
		if p, err := h.service.Current(ctx, here, jane); err != nil || p.Version != old.Version {
			t.Errorf("%s is shown (%v), want %s", p.Version, err, old.Version)
		}
		if n := h.count(t, `SELECT COUNT(holder) FROM holds WHERE key = $1`, cut.Key); n != 0 {
			t.Error("the refused original is still held")
		}
		for _, c := range []struct {
			a    association.Actor
			want string
		}{{member(jane), "truncated"}, {administrator(), "truncated"}, {member(john), ""}, {association.Actor{}, ""}} {
			d, err := h.service.Describe(ctx, c.a, here, jane)
			must(t, err)
			if d.State != association.Failed || d.Current != old.Version || d.Reason != c.want {
				t.Errorf("%q is told %+v, want the reason %q", c.a.GUID, d, c.want)
			}
		}
	})
}

func TestAStoreThatIsDownCostsNoTry(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var b broken
		h := build(t, db, nil)
		b.store(h.blobs)
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		b.err.Store(fault.New(fault.Unavailable, "the store does not answer"))
		for range 5 {
			_, err := h.worker.Step(t.Context())
			wantKind(t, err, fault.Unavailable)
			h.step(t, 0) // not at once again
			if p := h.state(t, p.Version, association.Pending); p.Tries != 0 {
				t.Fatalf("%d tries are counted", p.Tries)
			}
			h.pass(15 * time.Second)
		}
		b.err.Store(nil)
		h.step(t, 1)
		h.state(t, p.Version, association.Ready)
	})
}

func TestThreeFailedTriesFailThePhoto(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var b broken
		h := build(t, db, nil)
		b.store(h.blobs)
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		b.err.Store(fault.New(fault.Internal, "something is wrong"))
		for _, wait := range []time.Duration{10 * time.Second, 40 * time.Second} {
			_, err := h.worker.Step(t.Context())
			wantKind(t, err, fault.Internal)
			due := h.state(t, p.Version, association.Pending).Due - storage.Millis(h.now.Load())
			if least := wait.Milliseconds() / 2; int64(due) < least || int64(due) > 3*least {
				t.Errorf("it waits %d ms, want %v ± 50%%", due, wait)
			}
			h.pass(2 * wait)
		}
		_, err = h.worker.Step(t.Context())
		wantKind(t, err, fault.Internal)
		if p := h.state(t, p.Version, association.Failed); p.Reason != "render_failed" {
			t.Errorf("the reason is %q", p.Reason)
		}
	})
}

func TestAPictureThatTakesTooLongCostsATry(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, func(c *association.Config) { c.Limits.Lease = 20 * time.Millisecond })
		h.blobs.Fault = func(op string, name storage.Name) error {
			if op != "create" || len(name) < association.VersionLength || name[association.VersionLength] != '/' {
				return nil
			}
			time.Sleep(30 * time.Millisecond)
			return context.DeadlineExceeded
		}
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		_, err = h.worker.Step(t.Context())
		wantKind(t, err, fault.Internal)
		if p := h.state(t, p.Version, association.Pending); p.Tries != 1 {
			t.Errorf("%d tries are counted, want 1", p.Tries)
		}
	})
}

func TestAPictureThatKillsTheProcessIsGivenUp(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		for try := range 3 {
			h.claim(t, try > 0, 1)
			h.pass(3 * time.Minute)
		}
		h.step(t, 1)
		if p := h.state(t, p.Version, association.Failed); p.Reason != "render_failed" {
			t.Errorf("the reason is %q", p.Reason)
		}
	})
}

func TestASecondTryGoesAlone(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		for _, person := range []association.GUID{jane, john, root} {
			_, err := h.service.Associate(t.Context(), member(person), h.upload(t, person, photo(t, 30, 30)), person)
			must(t, err)
		}
		h.claim(t, false, 3)
		h.pass(3 * time.Minute)
		for range 3 {
			h.step(t, 1)
		}
		h.step(t, 0)
	})
}

func TestAnEndingProcessGivesThePhotoBack(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var armed atomic.Bool
		h.blobs.Fault = func(op string, _ storage.Name) error {
			if op != "open" || !armed.Load() {
				return nil
			}
			cancel()
			return ctx.Err()
		}
		p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
		must(t, err)
		armed.Store(true)
		if _, err := h.worker.Step(ctx); err == nil {
			t.Error("a step that was ended reports nothing")
		}
		if p := h.state(t, p.Version, association.Pending); p.Tries != 0 {
			t.Errorf("%d tries are counted", p.Tries)
		}
		armed.Store(false)
		h.pass(time.Minute)
		h.step(t, 1)
		h.state(t, p.Version, association.Ready)
	})
}

func TestAssociateWakesTheWorker(t *testing.T) {
	t.Parallel()
	h := build(t, sqltest.SQLite(t), func(c *association.Config) { c.Limits.Poll = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.worker.Run(ctx); close(ended) }()
	p, err := h.service.Associate(t.Context(), member(jane), h.upload(t, jane, photo(t, 30, 30)), jane)
	must(t, err)
	for deadline := time.Now().Add(20 * time.Second); p.State != association.Ready; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the photo is not ready")
		}
		p, err = h.service.Version(t.Context(), here, p.Version)
		must(t, err)
	}
	cancel()
	<-ended
}
