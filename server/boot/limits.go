package boot

import (
	"context"
	"time"

	"cameo/server/rate"
	"cameo/storage"
	"cameo/storage/sqldb"
)

// shareEvery is how often nodes tell each other what they have counted: in so long a time what is allowed may
// be exceeded.
const shareEvery = time.Second

// rates are the limits of requests. On SQLite there is one node, which has nobody to tell.
func (c Config) rates(e sqldb.Engine, clock storage.Clock) rate.Limits {
	shared := e == sqldb.PostgreSQL
	return rate.Limits{
		Address: rate.NewLimiter(rate.ByAddress, c.RateAddress, shared, clock),
		Person:  rate.NewLimiter(rate.ByPerson, c.RatePerson, shared, clock),
		Misses:  rate.NewLimiter(rate.ByMisses, c.RateMisses, shared, clock),
	}
}

// shareRates tells the other nodes what was counted here, until ctx ends. While the database does not answer
// each node goes by its own count.
func (n *Node) shareRates(ctx context.Context) {
	every := time.NewTicker(shareEvery)
	defer every.Stop()
	failing := false
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		err := n.rates.Share(ctx, n.tally)
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing:
			n.log.WarnContext(ctx, "rates are not shared with other nodes", "error", err)
		case err == nil && failing:
			n.log.InfoContext(ctx, "rates are shared again")
		}
		failing = err != nil
	}
}
