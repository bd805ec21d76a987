package boot

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"cameo/server/ops"
)

// sweepEvery is the mean time between two sweeps. It varies by half, so that nodes do not sweep in step.
const sweepEvery = time.Minute

// sweep deletes what has expired, now and then, until ctx ends. The first sweep comes at once: a crash may be
// why the node starts.
func (n *Node) sweep(ctx context.Context) {
	trouble := ""
	for ctx.Err() == nil {
		swept, err := n.sweepOnce(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && err.Error() != trouble: // the same trouble again is no news
			trouble = err.Error()
			n.log.WarnContext(ctx, "the sweep is not complete", "error", err)
		case err == nil:
			if trouble != "" {
				n.log.InfoContext(ctx, "the sweep is complete again")
			}
			trouble = ""
		}
		if swept != (Swept{}) {
			n.log.DebugContext(ctx, "swept", "expired", swept.Expired, "purged", swept.Purged, "blobs", swept.Blobs)
		}
		pause := time.NewTimer(sweepEvery/2 + rand.N(sweepEvery))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

// sweepOnce sweeps photos first: what they alone held is then due.
func (n *Node) sweepOnce(ctx context.Context) (Swept, error) {
	photos, failed := n.Photos.Sweep(ctx)
	swept, err := n.Engine.Sweep(ctx)
	swept.Purged += photos
	return swept, errors.Join(failed, err, n.tally.Sweep(ctx, n.machine.Clock()), n.sweepSites(ctx),
		n.Directory.SweepFiles(ctx))
}

// watched is a check whose failure and recovery are logged, once each: /readyz tells strangers no more than
// the name.
func (n *Node) watched(name string, run func(context.Context) error) ops.Check {
	var failing atomic.Bool
	return ops.Check{Name: name, Run: func(ctx context.Context) error {
		err := run(ctx)
		if err != nil && !failing.Swap(true) {
			n.log.WarnContext(ctx, "not ready", "check", name, "error", err)
		}
		if err == nil && failing.Swap(false) {
			n.log.InfoContext(ctx, "ready again", "check", name)
		}
		return err
	}}
}
