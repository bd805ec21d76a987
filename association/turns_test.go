package association_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// fill puts n pending photos of an upload into the queue.
func (h *house) fill(t *testing.T, id storage.ID, person association.GUID, n int) {
	t.Helper()
	must(t, h.people.Ensure(t.Context(), id.Community, person))
	now := storage.Millis(h.now.Load())
	must(t, h.db.Do(t.Context(), func(ctx context.Context) error {
		for i := range n {
			err := h.album.Add(ctx, association.Photo{
				Version: association.Version(fmt.Sprintf("%d%011d", id.Community, i)), Community: id.Community, Person: person,
				Upload: id.Key, State: association.Pending, Created: now, Due: now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestCommunitiesTakeTurns(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, func(c *association.Config) { c.Limits.Slots = 1 })
		h.fill(t, h.upload(t, jane, photo(t, 20, 20)), jane, 1000)
		h.pass(time.Minute)
		h.step(t, 1) // the other community has no work yet
		picture := photo(t, 20, 20)
		theirs := h.send(t, h.begin(t, away, john, "image/jpeg", len(picture)), picture)
		p, err := h.service.Associate(
			t.Context(), association.Actor{GUID: john, Communities: []storage.Community{away}}, theirs, john)
		must(t, err)
		h.step(t, 1) // with a slot each a turn, this is the next one
		got, err := h.service.Version(t.Context(), away, p.Version)
		must(t, err)
		if got.State != association.Ready {
			t.Errorf("behind a thousand photos of another community it is %v, want ready", got.State)
		}
		h.step(t, 1)
		if n := h.count(t, `SELECT COUNT(*) FROM photos WHERE state = 2 AND community = 1`); n != 2 {
			t.Errorf("%d photos of the large community are ready, want the first and the third that was done", n)
		}
	})
}

// Two workers, as two nodes have them, empty one queue: each photo is claimed once. They are refused, which is quick.
func TestTwoWorkersDoNothingTwice(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const photos = 400
		var other *association.Worker
		h := build(t, db, func(c *association.Config) {
			c.Limits.Poll = 20 * time.Millisecond
			other = association.NewWorker(*c)
		})
		cut := photo(t, 20, 20)
		h.fill(t, h.upload(t, jane, cut[:len(cut)-9]), jane, photos)
		ctx, end := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, w := range []*association.Worker{h.worker, other} {
			all.Go(func() { w.Run(ctx) })
		}
		for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			if h.count(t, `SELECT COUNT(*) FROM photos WHERE state = 1`) == 0 {
				break
			}
		}
		end()
		all.Wait()
		if n := h.count(t, `SELECT COUNT(*) FROM photos WHERE state = 3 AND reason = 'truncated' AND epoch = 1`); n != photos {
			t.Errorf("%d photos are done after one claim, want all %d", n, photos)
		}
	})
}

// faint makes the next transactions fail, as a database does that is down.
type faint struct {
	association.Tx
	left atomic.Int64
}

// Do is association.Tx's.
func (f *faint) Do(ctx context.Context, fn func(context.Context) error) error {
	if f.left.Add(-1) >= 0 {
		return fault.New(fault.Unavailable, "the database does not answer")
	}
	return f.Tx.Do(ctx, fn)
}

func TestADatabaseThatIsDown(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for _, c := range []struct {
			name  string
			fails int64
			wait  time.Duration
			tries int
		}{
			{"for a moment: the try is given back", 1, 20 * time.Second, 0},
			{"for longer: the lease ends", 2, 3 * time.Minute, 1},
		} {
			var f *faint
			h := build(t, db, func(c *association.Config) {
				f = &faint{Tx: c.Tx}
				c.Tx = f
			})
			p := h.ask(t, jane)
			f.left.Store(c.fails)
			_, err := h.worker.Step(t.Context())
			wantKind(t, err, fault.Unavailable)
			f.left.Store(0)
			if got := h.state(t, p.Version, association.Pending); got.Tries != c.tries {
				t.Errorf("%s: %d tries are counted, want %d", c.name, got.Tries, c.tries)
			}
			h.step(t, 0)
			h.pass(c.wait)
			h.step(t, 1)
			h.state(t, p.Version, association.Ready)
		}
	})
}
