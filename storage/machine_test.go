package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// TestMachine lets rapid draw what clients, two nodes and the store do to one upload, and holds the engine against a
// model after each step. A failure prints its seed and the shortest way to it; -rapid.checks=5000 looks longer.
func TestMachine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		db    func(testing.TB) *sqldb.DB
		shape storage.Shape
	}{
		"sqlite, disk": {sqltest.SQLite, storage.Shape{Parallel: 1}},
		"sqlite, s3":   {sqltest.SQLite, storage.Shape{Gather: 512, Inline: 100, Parallel: 4}},
		"postgres, s3": {sqltest.Postgres, storage.Shape{Gather: 256, Inline: 100, Parallel: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouseIn(t, test.db(t), test.shape)
			h.limits.Quota.Open = 0
			rapid.Check(t, func(rt *rapid.T) {
				m := &machine{h: h, want: photo(3000), nodes: [2]*storage.Engine{h.shakyNode("a"), h.shakyNode("b")}}
				m.id = h.create(m.nodes[0], int64(len(m.want)))
				rt.Repeat(map[string]func(*rapid.T){"step": m.step, "": m.check})
				m.end(rt)
			})
		})
	}
}

// machine is the model of one upload: what the engine has told, and what it may have.
type machine struct {
	h        *house
	nodes    [2]*storage.Engine
	id       storage.ID
	want     []byte
	told     int64 // the highest offset that was acknowledged: it never goes back
	most     int64 // what may be committed at most
	last     storage.Request
	running  []*frozen
	crashes  int
	held     bool
	canceled bool
	late     bool // a writer woke up after the sweep had looked for its runs for the second and last time
}

// frozen is a write whose client has gone silent, on a node that may have crashed since.
type frozen struct {
	node   *storage.Engine
	to     int64 // end of what it was given
	body   *body
	done   <-chan error
	fenced bool
	since  int64 // when it was fenced, in milliseconds
}

// shaky is a ledger that fails when the test says so.
type shaky struct {
	*ledger.Ledger
	h *house
}

// Claim is the ledger's.
func (s shaky) Claim(
	ctx context.Context, id storage.ID, at int64, node string, now storage.Millis,
) (storage.Upload, error) {
	if err := s.h.takeFault("claim", ""); err != nil {
		return storage.Upload{}, err
	}
	u, err := s.Ledger.Claim(ctx, id, at, node, now)
	return u, errors.Join(err, s.h.takeFault("after claim", ""))
}

// Commit is the ledger's.
func (s shaky) Commit(ctx context.Context, c storage.Commit) error {
	if err := s.h.takeFault("commit", ""); err != nil {
		return err
	}
	return errors.Join(s.Ledger.Commit(ctx, c), s.h.takeFault("after commit", ""))
}

// shakyNode is a node whose ledger fails when the test says so.
func (h *house) shakyNode(name string) *storage.Engine {
	return storage.NewEngine(storage.Config{
		Ledger: shaky{h.ledger, h}, Trash: h.ledger, Blobs: h.blobs, Node: name,
		Clock: h.clock, Random: rand.Reader, Limits: h.limits, Judge: h.judge,
	})
}

func (m *machine) node(t *rapid.T) *storage.Engine {
	return m.nodes[rapid.IntRange(0, 1).Draw(t, "node")]
}

func (m *machine) complete() bool { return m.told == int64(len(m.want)) }

// open says whether the upload is unfinished and its offset is known.
func (m *machine) open() bool { return !m.canceled && !m.complete() && m.told == m.most }

// step draws one of the steps that apply in the present state.
func (m *machine) step(t *rapid.T) {
	steps := map[string]func(*rapid.T){"status": m.status, "crash": m.crash, "sweep": m.sweep, "hold": m.hold}
	if m.open() {
		steps["send"], steps["cut"], steps["miss"], steps["fail"] = m.send, m.cut, m.miss, m.fail
	}
	if left := int64(len(m.want)) - m.told; m.open() && left >= 2 && len(m.running) <= 5 {
		steps["hang"] = m.hang
	}
	if !m.canceled && m.last.To != 0 && m.last.To == m.told && m.told == m.most {
		steps["repeat"] = m.repeat
	}
	if len(m.running) > 0 {
		steps["wake"] = m.wakeOne
	}
	if rapid.IntRange(0, 15).Draw(t, "may be cancelled") == 0 { // most stories go on
		steps["cancel"] = m.cancel
	}
	names := slices.Sorted(maps.Keys(steps))
	steps[rapid.SampledFrom(names).Draw(t, "step")](t)
}

// fence marks every running write: its next commit must be refused.
func (m *machine) fence() {
	for _, r := range m.running {
		if !r.fenced {
			r.fenced, r.since = true, m.h.now.Load()
		}
	}
}

func (m *machine) acknowledge(offset int64) { m.told, m.most = offset, offset }

// check holds the row and the bytes against the model.
func (m *machine) check(t *rapid.T) {
	u, err := m.nodes[0].Find(bg, m.id)
	if m.canceled {
		if !fault.Is(err, fault.Gone) {
			t.Fatalf("cancelled: got %v", err)
		}
		return
	}
	if err != nil || u.Offset < m.told || u.Offset > m.most {
		t.Fatalf("got offset %d, %v; told %d, at most %d", u.Offset, err, m.told, m.most)
	}
	if (u.State == storage.Complete) != (u.Offset == u.Length) {
		t.Fatalf("%v at %d of %d", u.State, u.Offset, u.Length)
	}
	if got := m.stored(t, u.Offset); !bytes.Equal(got, m.want[:u.Offset]) {
		t.Fatalf("the first %d bytes are others than those sent", u.Offset)
	}
}

// stored are the first committed bytes, inline ones too. A write that runs may have exchanged the last of them for a
// longer run since the row was read.
func (m *machine) stored(t *rapid.T, to int64) (all []byte) {
	xs, err := m.h.ledger.Extents(bg, m.id, 0, to)
	if err != nil {
		t.Fatalf("extents: %v", err)
	}
	for _, x := range xs {
		b := x.Inline
		if x.Blob != "" {
			r, err := m.h.blobs.Open(bg, x.Blob, x.At, x.Len)
			if err != nil {
				t.Fatalf("the bytes from %d on: %v", x.Off, err)
			}
			b, _ = io.ReadAll(r)
			r.Close()
		}
		all = append(all, b...)
	}
	return all[:min(to, int64(len(all)))]
}

// send appends some bytes at the offset.
func (m *machine) send(t *rapid.T) {
	n := rapid.Int64Range(1, int64(len(m.want))-m.told).Draw(t, "n")
	u, err := put(m.node(t), m.id, m.told, m.want[m.told:m.told+n])
	if err != nil || u.Offset != m.told+n {
		t.Fatalf("send: got offset %d, %v", u.Offset, err)
	}
	m.fence()
	m.last = storage.Request{From: m.told, To: m.told + n}
	m.acknowledge(m.told + n)
}

// cut appends the first bytes of a range and breaks off.
func (m *machine) cut(t *rapid.T) {
	left := int64(len(m.want)) - m.told
	n := rapid.Int64Range(1, left).Draw(t, "n")
	k := rapid.Int64Range(0, n-1).Draw(t, "came")
	u, err := send(m.node(t), m.id, m.told, n, cut(m.want[m.told:m.told+k]))
	if !fault.Is(err, fault.Cut) || u.Offset != m.told+k {
		t.Fatalf("cut: got offset %d, %v; want %d", u.Offset, err, m.told+k)
	}
	m.fence()
	m.acknowledge(m.told + k)
}

// miss appends beyond the offset: nobody is fenced.
func (m *machine) miss(t *rapid.T) {
	at := rapid.Int64Range(m.told+1, int64(len(m.want))).Draw(t, "at")
	if _, err := put(m.node(t), m.id, at, photo(10)); !fault.Is(err, fault.WrongOffset) {
		t.Fatalf("miss: got %v", err)
	}
}

// repeat sends the last committed request again, as it was or with other bytes.
func (m *machine) repeat(t *rapid.T) {
	b := bytes.Clone(m.want[m.last.From:m.last.To])
	other := rapid.Bool().Draw(t, "other")
	if other {
		b[0]++
	}
	u, err := put(m.node(t), m.id, m.last.From, b)
	if other != fault.Is(err, fault.Conflict) || !other && (err != nil || u.Offset != m.told) {
		t.Fatalf("repeat: got offset %d, %v", u.Offset, err)
	}
}

// fail appends while the store fails once, or the ledger does: before it has changed the row, or after it, when nobody
// can tell.
func (m *machine) fail(t *rapid.T) {
	op := rapid.SampledFrom([]string{
		"create", "write", "sync", "claim", "after claim", "commit", "after commit",
	}).Draw(t, "op")
	n := rapid.Int64Range(1, int64(len(m.want))-m.told).Draw(t, "n")
	m.h.failNext(op, fault.New(fault.Unavailable, "it is down"))
	_, err := put(m.node(t), m.id, m.told, m.want[m.told:m.told+n])
	_ = m.h.takeFault(op, "") // it may have ridden inline, or under a claim that was there
	if err != nil && !fault.Is(err, fault.Unavailable) {
		t.Fatalf("fail: got %v", err)
	}
	m.fence()
	m.most = m.told + n
	if err == nil {
		m.acknowledge(m.told + n)
	}
	m.last = storage.Request{}
}

// hang begins a write whose client then says nothing.
func (m *machine) hang(t *rapid.T) {
	left := int64(len(m.want)) - m.told
	k := rapid.Int64Range(0, left-1).Draw(t, "came")
	e := m.node(t)
	m.fence()
	b, done := hangFor(m.h.t, e, m.id, m.told, left, m.want[m.told:m.told+k])
	m.running = append(m.running, &frozen{node: e, to: m.told + k, body: b, done: done})
	m.most = m.told + k
}

// wakeOne lets a frozen write go on: its connection ends.
func (m *machine) wakeOne(t *rapid.T) {
	m.wake(t, rapid.IntRange(0, len(m.running)-1).Draw(t, "which"))
}

func (m *machine) wake(t *rapid.T, i int) {
	r := m.running[i]
	m.running = slices.Delete(m.running, i, i+1)
	m.late = m.late || r.fenced && m.h.now.Load()-r.since >= time.Hour.Milliseconds()
	r.body.Interrupt()
	var err error
	select {
	case err = <-r.done:
	case <-time.After(20 * time.Second):
		t.Fatalf("a write does not end")
	}
	switch {
	case err == nil:
		t.Fatalf("a write that was cut is good")
	case r.fenced || m.canceled:
	case fault.Is(err, fault.Cut):
		m.acknowledge(r.to)
	default:
		t.Fatalf("wake: got %v", err)
	}
}

// status asks for the offset, which ends what runs.
func (m *machine) status(t *rapid.T) {
	e := m.node(t)
	u, err := e.Status(bg, m.id)
	if m.canceled {
		if !fault.Is(err, fault.Gone) {
			t.Fatalf("status: got %v", err)
		}
		return
	}
	for _, r := range m.running {
		if r.node == e && !r.fenced && u.Offset != r.to {
			t.Fatalf("status: got offset %d, want %d, all that had come", u.Offset, r.to)
		}
	}
	if err != nil || u.Offset < m.told || u.Offset > m.most {
		t.Fatalf("status: got offset %d, %v; told %d, at most %d", u.Offset, err, m.told, m.most)
	}
	m.fence()
	m.acknowledge(u.Offset)
}

// crash replaces a node by one of another name. What the old one had running stays as a frozen process would.
func (m *machine) crash(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "node")
	m.crashes++
	m.nodes[i] = m.h.shakyNode(fmt.Sprintf("%c%d", "ab"[i], m.crashes))
}

// sweep sweeps, now or later.
func (m *machine) sweep(t *rapid.T) {
	if rapid.Bool().Draw(t, "later") {
		m.h.pass(15 * time.Minute)
	}
	if _, err := m.node(t).Sweep(bg); err != nil {
		t.Fatalf("sweep: %v", err)
	}
}

// cancel gives the upload up, unless it is somebody's photo.
func (m *machine) cancel(t *rapid.T) {
	err := m.node(t).Cancel(bg, m.id)
	switch {
	case m.canceled && fault.Is(err, fault.Gone), m.held && fault.Is(err, fault.Conflict):
	case err == nil && !m.held && !m.canceled:
		m.canceled = true
		m.fence()
	default:
		t.Fatalf("cancel: got %v", err)
	}
}

// hold makes the upload somebody's photo, once it is complete.
func (m *machine) hold(t *rapid.T) {
	err := m.h.ledger.Hold(bg, m.id, "photo")
	all := int64(len(m.want))
	switch {
	case err == nil && !m.canceled && m.most == all: // its last commit may not have been told
		m.held = true
		m.acknowledge(all)
	case !fault.Is(err, fault.Conflict), m.complete() && !m.canceled:
		t.Fatalf("hold: got %v", err)
	}
}

// end wakes who sleeps, finishes the upload, and looks for what is left.
func (m *machine) end(t *rapid.T) {
	for len(m.running) > 0 {
		m.wake(t, 0)
		m.check(t)
	}
	if !m.canceled {
		m.status(t)
		if !m.complete() {
			if _, err := put(m.nodes[1], m.id, m.told, m.want[m.told:]); err != nil {
				t.Fatalf("the rest: %v", err)
			}
		}
		if got := m.h.read(m.nodes[0], m.id); !bytes.Equal(got, m.want) {
			t.Fatalf("got other bytes than those sent")
		}
	}
	for range 3 {
		m.h.pass(2 * time.Hour)
		if _, err := m.nodes[1].Sweep(bg); err != nil {
			t.Fatalf("sweep: %v", err)
		}
	}
	if left := m.h.orphans(m.id); len(left) > 0 && !m.late {
		t.Fatalf("orphans: %v", left)
	}
}
