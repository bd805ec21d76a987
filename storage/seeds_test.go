package storage_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// TestSeeds lets impatient clients send one file through two nodes, with cuts, silence, repeated requests,
// store errors and crashed nodes, and asserts that no acknowledged offset ever goes back, that the bytes are
// those sent, and that nothing is left.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ledger string
		shape  storage.Shape
		db     func(testing.TB) *sqldb.DB
		trials int
	}{
		{"sqlite", storage.Shape{Parallel: 1}, sqltest.SQLite, 25},
		{"sqlite", storage.Shape{Gather: 512, Inline: 64, Parallel: 4}, sqltest.SQLite, 25},
		{"sqlite", storage.Shape{Gather: 512, Parallel: 4}, sqltest.SQLite, 25},
		{"sqlite", storage.Shape{Gather: 256, Inline: 200, Parallel: 2}, sqltest.SQLite, 25},
		{"postgres", storage.Shape{Gather: 512, Inline: 64, Parallel: 4}, sqltest.Postgres, 10},
	} {
		t.Run(fmt.Sprintf("%s gather %d inline %d", c.ledger, c.shape.Gather, c.shape.Inline), func(t *testing.T) {
			t.Parallel()
			h := newHouseIn(t, c.db(t), c.shape)
			h.limits.Seal, h.limits.Settle = 5*time.Millisecond, 100*time.Millisecond
			h.mem.Fault = unreliable
			trials := make([]*trial, c.trials)
			t.Run("trials", func(t *testing.T) {
				for seed := range trials {
					t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
						t.Parallel()
						trials[seed] = newTrial(t, h, uint64(seed))
						trials[seed].run()
					})
				}
			})
			for range 6 { // by now no writer is left that could wake up; some of these sweeps find the store down
				h.pass(2 * time.Hour)
				_, _ = h.node("sweeper").Sweep(bg)
			}
			for _, tr := range trials {
				tr.house.t = t
				if left := tr.orphans(tr.id); len(left) > 0 {
					t.Errorf("orphans: %v", left)
				}
				same(t, tr.read(tr.nodes[0], tr.id), tr.want)
			}
		})
	}
}

// unreliable is a store that is slow to sync and sometimes down.
func unreliable(op string, _ storage.Name) error {
	if op == "sync" {
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
	}
	if op != "list" && op != "open" && rand.IntN(60) == 0 {
		return fault.New(fault.Unavailable, "the store is down")
	}
	return nil
}

// trial is one upload under faults. All trials of a shape share a ledger and a store, and sweep each other's
// remains.
type trial struct {
	*house
	t     *testing.T
	mu    sync.Mutex
	rng   *rand.Rand
	nodes []*storage.Engine
	id    storage.ID
	want  []byte
	acked int64
}

func newTrial(t *testing.T, base *house, seed uint64) *trial {
	h := &house{t: t, ledger: base.ledger, blobs: base.blobs, limits: base.limits}
	h.now.Store(base.now.Load())
	tr := &trial{house: h, t: t, rng: rand.New(rand.NewPCG(seed, 1)), want: photo(3000)}
	tr.nodes = []*storage.Engine{h.node("a"), h.node("b")}
	tr.id = h.create(tr.nodes[0], int64(len(tr.want)))
	return tr
}

func (tr *trial) roll(n int) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.rng.IntN(n)
}

func (tr *trial) node() *storage.Engine {
	i := tr.roll(2)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.nodes[i]
}

// crash replaces a node by a fresh one. What the old one had running goes on as a frozen process would: it
// may wake up.
func (tr *trial) crash() {
	i := tr.roll(2)
	fresh := tr.house.node(fmt.Sprint("again", tr.roll(1<<30))) // a name that no process had before
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.nodes[i] = fresh
}

func (tr *trial) run() {
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(tr.client)
	}
	wg.Wait()
	e := tr.node()
	u, err := e.Find(bg, tr.id)
	if err != nil || u.State != storage.Complete {
		tr.t.Fatalf("not complete: %+v, %v", u, err)
	}
	same(tr.t, tr.read(e, tr.id), tr.want)
	if x, _ := tr.ledger.Extents(bg, tr.id, 0, 3000); anyInline(x) {
		tr.t.Error("a complete upload keeps bytes inline")
	}
}

// client sends until the upload is complete.
func (tr *trial) client() {
	for try := range 600 {
		e := tr.node()
		floor := tr.ack(0)
		u, err := e.Status(bg, tr.id)
		if err != nil {
			tr.t.Errorf("status: %v", err)
			return
		}
		if u.Offset < floor {
			tr.t.Errorf("the offset went back from %d to %d", floor, u.Offset)
		}
		if tr.ack(u.Offset); u.State == storage.Complete {
			return
		}
		n := min(1+tr.roll(1500), len(tr.want)-int(u.Offset))
		tr.request(e, u.Offset, n)
		if tr.roll(25) == 0 {
			tr.crash()
		}
		if tr.roll(8) == 0 {
			_, _ = e.Sweep(bg)
		}
		time.Sleep(time.Duration(tr.roll(1+min(try, 20))) * time.Millisecond)
	}
	tr.t.Error("gave up")
}

func (tr *trial) request(e *storage.Engine, at int64, n int) {
	b := whole(tr.want[at : int(at)+n])
	b.piece = 1 + tr.roll(60)
	switch tr.roll(6) {
	case 0:
		b = cut(tr.want[at : int(at)+tr.roll(n)])
	case 1:
		b = silent(tr.want[at : int(at)+tr.roll(n)])
		time.AfterFunc(time.Duration(10+tr.roll(30))*time.Millisecond, b.Interrupt)
	}
	u, err := send(e, tr.id, at, int64(n), b)
	if err == nil {
		tr.ack(max(at+int64(n), u.Offset))
	}
	if err == nil && tr.roll(3) == 0 { // the answer was lost: the same request again
		again, err := send(e, tr.id, at, int64(n), whole(bytes.Clone(tr.want[at:int(at)+n])))
		switch fault.Of(err) {
		case 0, fault.WrongOffset, fault.Superseded, fault.Unavailable, fault.Conflict:
		default:
			tr.t.Errorf("repeat: %v (%+v)", err, again)
		}
	}
}

// ack raises the highest offset that any client was told and returns it.
func (tr *trial) ack(offset int64) int64 {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.acked = max(tr.acked, offset)
	return tr.acked
}

func anyInline(xs []storage.Extent) bool {
	for _, x := range xs {
		if x.Blob == "" {
			return true
		}
	}
	return false
}
