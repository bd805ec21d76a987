package boot

import (
	"context"
	"math/rand/v2"
	"time"
)

// sweepEvery is the mean time between two sweeps. It varies by half, so that nodes do not sweep in step.
const sweepEvery = time.Minute

// sweep deletes what has expired, now and then, until ctx ends. The first sweep comes at once: a crash may be
// why the node starts.
func (n *Node) sweep(ctx context.Context) {
	trouble := ""
	for ctx.Err() == nil {
		swept, err := n.Engine.Sweep(ctx)
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
