package storage

import (
	"context"
	"slices"

	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// firstDurable is ready when the oldest seal's bytes are. The seal that completes the upload is left to
// commitLast, which knows how the body ended.
func (s *session) firstDurable() <-chan struct{} {
	if len(s.queue) == 0 || s.queue[0].to == s.u.Length {
		return nil
	}
	return s.queue[0].done
}

// commitDurable commits, in order and as one step, the seals whose bytes are durable. Those of a body that
// declared a checksum are set aside until it holds.
func (s *session) commitDurable(ctx context.Context) error {
	n := 0
	for n < len(s.queue) && s.queue[n].to != s.u.Length && s.queue[n].isDurable() {
		if err := s.queue[n].err; err != nil {
			return err
		}
		n++
	}
	batch := s.queue[:n:n]
	s.queue = s.queue[n:]
	if s.w.Digest != nil {
		s.aside = append(s.aside, batch...)
		return nil
	}
	if n == 0 {
		return nil
	}
	err := s.commit(ctx, s.adding(batch))
	if err == nil && s.w.Progress != nil {
		s.w.Progress(s.u.Offset)
	}
	return err
}

// commitAll waits for every seal and commits what is not committed yet.
func (s *session) commitAll(ctx context.Context) error {
	for _, q := range s.queue {
		<-q.done
	}
	return s.commitDurable(ctx)
}

// commitLast commits what is left, and gives the claim up if it is not to be kept; the upload is complete,
// and judged, when its last byte is among it. whole says that the request's body came from its first byte to
// its last.
func (s *session) commitLast(ctx context.Context, whole bool) error {
	for _, q := range s.queue {
		if <-q.done; q.err != nil {
			return q.err
		}
	}
	if len(s.aside)+len(s.queue) == 0 && !whole && s.e.keepsClaims() {
		return nil // nothing came, and the claim is kept
	}
	c := s.adding(append(s.aside, s.queue...))
	s.aside, s.queue = nil, nil
	c.Release = !s.e.keepsClaims() || c.To == s.u.Length
	c.Length = s.w.Length
	if whole && c.Length == 0 {
		c.Last = &Request{From: s.w.At, To: c.To, CRC: s.sent}
	}
	var refusal error
	if c.To == s.u.Length {
		refusal = s.complete(&c)
	}
	if err := s.commit(ctx, c); err != nil {
		return err
	}
	return refusal
}

// complete makes c the upload's last step: Complete, or Failed with the judge's reason.
func (s *session) complete(c *Commit) error {
	u := s.u
	u.Head, u.Offset = s.head, c.To
	err := s.prove(c)
	if err == nil {
		err = s.e.judge(u)
	}
	if err == nil {
		c.State, c.Due = Complete, c.Now.Add(s.e.Limits.Retention)
		return nil
	}
	c.State, c.Due, c.Inline = Failed, c.Now.Add(s.e.Limits.Tombstone), c.To
	c.Reason = fault.Public(err).Reason
	return err
}

// judge looks at an upload that has all its bytes. A part is no file: what it is joined to is looked at.
func (e *Engine) judge(u Upload) error {
	if u.Partial {
		return nil
	}
	return e.Judge(u)
}

// adding is the commit that adds a batch of durable seals, which may be empty. Where a run goes on, its
// latest extent stands for the earlier ones.
func (s *session) adding(batch []*sealed) Commit {
	c := s.next()
	for _, q := range batch {
		if n := len(c.Put) - 1; n >= 0 && c.Put[n].Off == q.put.Off {
			c.Put = c.Put[:n]
		}
		c.Put = append(c.Put, q.put)
		c.To, c.CRC, c.Inline, c.Head, c.Hashed = q.to, q.crc, q.inline, q.head, q.hashed
	}
	c.Grow = len(c.Put) > 0 && c.Put[0].Off < c.From && s.e.Blobs.Shape().Gather == 0
	return c
}

// next is a commit that changes nothing yet.
func (s *session) next() Commit {
	return Commit{
		ID: s.u.ID, Epoch: s.u.Epoch, From: s.u.Offset, To: s.u.Offset,
		CRC: s.u.CRC, Inline: s.u.Inline, Deferred: s.e.Limits.Quota.Deferred, Now: s.e.Clock(),
	}
}

// commit applies c to the ledger and, if that took it, to the session's own view.
func (s *session) commit(ctx context.Context, c Commit) error {
	point.Here("commit.before")
	ctx, cancel := context.WithTimeout(ctx, s.e.Limits.Commit)
	defer cancel()
	c.Claim = !s.owned
	s.tried = true
	err := s.e.Ledger.Commit(ctx, c)
	s.leaveInline()
	if err != nil {
		return err
	}
	point.Here("commit.after")
	s.tried = false
	if c.Claim {
		s.reach(c.Epoch + 1)
	}
	s.u.Offset, s.u.CRC, s.u.Inline = c.To, c.CRC, c.Inline
	if c.Head != nil {
		s.u.Head = c.Head
	}
	if c.Hashed != nil {
		s.u.Hashed = c.Hashed
	}
	if c.Last != nil {
		s.u.Last = *c.Last
	}
	if c.State != 0 {
		s.u.State, s.u.Reason, s.u.Due = c.State, c.Reason, c.Due
	}
	if c.Release {
		s.u.Writer = ""
	}
	for _, x := range c.Put {
		s.loose = slices.DeleteFunc(s.loose, func(n Name) bool { return n == x.Blob })
	}
	return nil
}

func (q *sealed) isDurable() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}
