package boot

import (
	"context"
	"sync/atomic"
	"time"

	"cameo/storage"
	"cameo/storage/sqldb"
)

const (
	skewEvery = time.Minute // between two looks at the database's clock
	skewNews  = time.Second // by how much the difference changes until it is worth a line in the log
	skewMost  = time.Minute // that a machine's clock may be wrong until the doctor complains
)

// clock is the machine's, set right by the database's: what all nodes date, they date alike.
type clock struct {
	machine storage.Clock
	ahead   atomic.Int64 // nanoseconds by which the database's clock is ahead of the machine's
}

// Now is a storage.Clock.
func (c *clock) Now() storage.Millis { return c.machine().Add(c.skew()) }

func (c *clock) skew() time.Duration { return time.Duration(c.ahead.Load()) }

// measure sets the clock by that of a database. SQLite has none but the machine's.
func (c *clock) measure(ctx context.Context, db *sqldb.DB) error {
	if db.Engine() == sqldb.SQLite {
		return nil
	}
	ahead, err := db.Skew(ctx, func() time.Time { return c.machine().Time() })
	if err != nil {
		return err
	}
	c.ahead.Store(int64(ahead))
	return nil
}

// keepTime sets the clock by the database's now and then, until ctx ends. A database that does not answer
// leaves it as it was: others say that.
func (n *Node) keepTime(ctx context.Context) {
	every := time.NewTicker(skewEvery)
	defer every.Stop()
	for told := time.Duration(0); ; {
		if now := n.state.clock.skew(); (now - told).Abs() > skewNews {
			told = now
			n.log.WarnContext(ctx, "the machine's clock is not the database's, which counts", "behind", now)
		}
		select {
		case <-every.C:
			if err := n.state.clock.measure(ctx, n.state.db); err != nil {
				n.log.DebugContext(ctx, "the database does not tell the time", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
