package association

import (
	"context"
	"errors"
)

// sweepBatch is how many photos are forgotten in one transaction.
const sweepBatch = 100

// Sweep forgets photos that are over: replaced, removed and failed ones whose time has passed; sessions and
// links whose time has passed; and what the audit log need not remember any longer. It says how many photos.
// Many nodes may sweep at once.
func (s *Service) Sweep(ctx context.Context) (forgotten int, err error) {
	now := s.Clock()
	if err := s.Secrets.Forget(ctx, now, now.Add(-s.Sessions.Idle)); err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		n, err := s.Queue.Forget(ctx, s.Clock(), sweepBatch)
		forgotten += n
		if err != nil || n < sweepBatch {
			return forgotten, errors.Join(err, s.sweepAudit(ctx))
		}
	}
	return forgotten, ctx.Err()
}
