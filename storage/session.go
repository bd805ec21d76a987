package storage

import (
	"context"
	"errors"
	"hash"
	"io"
	"slices"
	"sync"
	"time"

	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// session is one write that runs in this process: it holds the upload's latest claim, or did when it began.
// Bytes go through it in the order arrived → sealed (handed to the store) → durable → committed. All fields
// but epoch, endings and ended belong to the goroutine of write; while it streams, to who holds mu.
type session struct {
	e       *Engine
	w       Write
	in      *intake
	epoch   int64 // of the claim; changes under e.mu
	owned   bool  // the row names this process as the writer; else the next commit is a claim too
	endings chan ending
	ended   chan struct{}
	mu      sync.Mutex
	failed  error // why the streaming ended early

	u    Upload // as committed
	at   int64  // next byte to arrive
	from int64  // first byte that is not sealed
	tail int64  // where the inline tail starts, counting what is sealed
	crc  uint64 // of all bytes up to at
	sent uint64 // CRC of this request's bytes up to at
	part uint64 // CRC of the bytes since from
	head []byte

	run   Run    // open run, nil for none
	name  Name   // of the open run
	start int64  // offset of the open run's first byte
	grown uint64 // CRC of the open run's bytes up to at
	runs  int    // runs begun
	heard bool   // the body was read to its end, good or bad
	held  []slice
	queue []*sealed // not committed yet, in order of offset
	aside []*sealed // durable seals of a body whose declared checksum is still to be proved
	kept  *tail     // the inline tail, or its end, as far as it is in memory
	whole *keepsake // all of the upload, stored and perhaps not committed
	small bool      // has one of the engine's places for inline seals
	tried bool      // a commit was tried whose outcome may be unknown
	loose []Name    // runs that no commit has mentioned
	repr  hash.Hash // SHA-256 of all bytes up to at, when one is declared; nil: none is
}

// begin registers a session under a claim.
func (e *Engine) begin(u Upload, w Write, c *claim) (*session, error) {
	s := &session{
		e: e, w: w, endings: make(chan ending, 1), ended: make(chan struct{}),
		epoch: u.Epoch, owned: u.Writer != "", u: u, at: u.Offset, from: u.Offset,
		tail: u.Inline, crc: u.CRC, head: u.Head,
		run: c.run, name: c.name, start: c.start, grown: c.grown, runs: c.runs,
	}
	if w.Length != 0 {
		s.u.Length, s.w.Body = w.Length, noBody{}
	}
	if err := s.resumeHash(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return nil, shuttingDown()
	}
	if other := e.writers[w.ID]; other != nil && other.epoch > s.epoch { // it claimed later and began earlier
		return nil, superseded()
	}
	s.in, s.kept = newIntake(s.w.Body, e.memory), e.tails.take(u)
	e.writers[w.ID] = s
	return s, nil
}

// write runs the session to its end.
func (s *session) write(ctx context.Context) (Upload, error) {
	defer s.end()
	point.Here("write.claimed")
	if s.e.Blobs.Shape().Gather == 0 {
		return s.finish(ctx, s.stream(ctx))
	}
	return s.finish(ctx, s.collect(ctx))
}

// collect lets the body be read beside the session, which stores, commits and ends meanwhile. It says how to
// end.
func (s *session) collect(ctx context.Context) ending {
	go s.in.read(s.w, s.in.pass)
	tick := time.NewTicker(s.e.Limits.Seal)
	defer tick.Stop()
	slow := time.NewTimer(quick)
	defer slow.Stop()
	for {
		more, why := s.step(ctx, tick.C, slow.C)
		if !more {
			return why
		}
	}
}

// quick is how long a body may take to come before its write is claimed, so that a status query at another
// node learns of it.
const quick = 50 * time.Millisecond

// step waits for the next thing to happen and does it. It says how to end when there is no more.
func (s *session) step(ctx context.Context, tick, slow <-chan time.Time) (bool, ending) {
	var err error
	select { // an ending outranks the read error that it causes
	case why := <-s.endings:
		return false, why
	default:
	}
	slices := s.in.slices
	if s.from != s.u.Length && len(s.queue) >= max(s.e.Blobs.Shape().Parallel, 1) {
		slices = nil // the store lags: let the client wait, unless only the end of its body is to come
	}
	select {
	case why := <-s.endings:
		return false, why
	case b, ok := <-slices:
		if !ok {
			return false, s.bodyEnded()
		}
		err = s.take(ctx, b)
	case <-slow:
		err = s.own(ctx)
	case <-tick:
		err = s.sealEarly(ctx)
	case <-s.in.pressed:
		err = s.relieve(ctx)
	case <-s.firstDurable():
		err = s.commitDurable(ctx)
	}
	return err == nil, ending{err: err}
}

// bodyEnded turns the end of the body into the end of the session.
func (s *session) bodyEnded() ending {
	s.heard = true
	select {
	case why := <-s.endings:
		return why
	default:
	}
	switch {
	case errors.Is(s.in.err, io.EOF):
		s.conclude()
		return ending{keep: true}
	case fault.Is(s.in.err, fault.Malformed): // longer than its range: which bytes are meant is not known
		return ending{err: s.in.err}
	case fault.Is(s.in.err, fault.Forbidden), fault.Is(s.in.err, fault.Unauthenticated):
		return ending{err: s.in.err} // the sender has lost the right to it
	}
	return ending{err: s.in.err, keep: true}
}

// finish makes durable what is to be kept, commits it and gives the upload up.
func (s *session) finish(ctx context.Context, why ending) (Upload, error) {
	whole := why.err == nil
	if s.w.Digest != nil {
		switch {
		case whole && !s.w.Digest.holds():
			why = ending{err: errDigest()}
		case !whole:
			why.keep = false // a cut keeps nothing of a body that declared a checksum
		}
	}
	if !why.keep {
		s.give(ctx)
		return s.u, why.err
	}
	err := s.takeRest(ctx)
	if err == nil {
		err = s.sealLast(ctx)
	}
	if err == nil {
		err = s.commitLast(ctx, whole)
	}
	if err == nil && s.u.Writer != "" {
		s.keepClaim()
	}
	switch {
	case fault.Is(err, fault.Superseded):
		s.clear(ctx)
	case err != nil && !s.u.State.Ended():
		s.give(ctx)
	}
	if err == nil {
		err = why.err
	}
	return s.u, err
}

// keepClaim leaves the claim, and the open run, to the upload's next request.
func (s *session) keepClaim() {
	s.e.claims.keep(&claim{
		u: s.u, run: s.run, name: s.name, start: s.start, grown: s.grown, runs: s.runs, since: s.e.Clock(),
	})
	s.run = nil
}

// give ends the claim without adding bytes. That may fail as the store or the ledger does; the next claim
// settles it then. A ledger that has just failed is not asked: the client would wait for it twice.
func (s *session) give(ctx context.Context) {
	loose := len(s.loose) > 0 // also when they are deleted: a store that froze may carry out the put afterwards
	s.abandon(ctx)
	if s.u.Writer == "" || s.tried {
		return
	}
	c := s.next()
	c.Release = true
	if loose {
		c.Dirty = &c.Now
	}
	_ = s.commit(ctx, c)
}

// abandon waits for what is on its way to the store and deletes runs that no commit can have mentioned, which
// matters most on a full disk. After a commit of unknown outcome only the sweep may judge.
func (s *session) abandon(ctx context.Context) {
	for _, q := range s.queue {
		<-q.done
	}
	s.queue, s.aside = nil, nil
	s.closeRun()
	if s.tried || len(s.loose) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.Limits.Commit)
	defer cancel()
	if s.e.Blobs.Delete(ctx, s.loose...) == nil {
		s.loose = nil
	}
}

// clear deletes what a fenced session has stored and no row mentions. The sweep's looks may be over by the
// time it learns of its end, as with a long body that is committed as a whole. Once the row has a later
// epoch, nothing of this one can be committed any more.
func (s *session) clear(ctx context.Context) {
	for _, q := range s.queue {
		<-q.done
	}
	if len(s.loose) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.Limits.Commit)
	defer cancel()
	u, err := s.e.Ledger.Find(ctx, s.u.ID)
	var xs []Extent
	if err == nil && u.Epoch > s.u.Epoch {
		xs, err = s.e.Ledger.Extents(ctx, u.ID, 0, u.Offset+1)
	}
	if err == nil && u.Epoch <= s.u.Epoch || err != nil && !fault.Is(err, fault.NotFound) {
		return
	}
	dead := slices.DeleteFunc(s.loose, func(n Name) bool {
		return slices.ContainsFunc(xs, func(x Extent) bool { return x.Blob == n })
	})
	_ = s.e.Blobs.Delete(ctx, dead...) // else the sweep may still find them
}

// end stops the reader, frees what is held and takes the session off the list.
func (s *session) end() {
	s.in.end()
	for _, q := range s.queue {
		<-q.done
	}
	s.closeRun()
	releaseAll(s.held)
	s.leaveInline()
	s.keepTail()
	s.keepWhole()
	s.e.mu.Lock()
	if s.e.writers[s.w.ID] == s {
		delete(s.e.writers, s.w.ID)
	}
	s.e.mu.Unlock()
	close(s.ended)
}

func (s *session) closeRun() {
	if s.run != nil {
		_ = s.run.Close()
		s.run = nil
	}
}

func releaseAll(held []slice) {
	for _, b := range held {
		b.page.release()
	}
}
