package ledger

import (
	"context"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

const (
	// Nodes whose clocks differ by a little do not begin a day twice, and a day that was begun far too early
	// does not stay.
	queueForOwner = `INSERT INTO owners (community, owner, creations, day, day_bytes)
		VALUES ($1, $2, 1, $3, $4)
		ON CONFLICT (community, owner) DO UPDATE SET creations = owners.creations + 1,
			day = CASE WHEN owners.day = excluded.day + 1 THEN owners.day ELSE excluded.day END,
			day_bytes = excluded.day_bytes + CASE WHEN owners.day = excluded.day OR owners.day = excluded.day + 1
				THEN owners.day_bytes ELSE 0 END
		RETURNING day_bytes`

	giveBack = `UPDATE owners SET day_bytes = day_bytes - $3 WHERE community = $1 AND owner = $2`

	// Only what was counted today is given back today, and what was counted under other settings does not make a
	// debt.
	giveBackDeferred = `UPDATE owners SET day_bytes = CASE WHEN day_bytes > $3 THEN day_bytes - $3 ELSE 0 END
		WHERE (community, owner, day) = (SELECT community, owner, created / 86400000 FROM uploads
			WHERE key = $1 AND community = $2)`

	countOpen = `SELECT COUNT(*) FROM uploads WHERE community = $1 AND owner = $2 AND state = 1`

	sumBytes = `SELECT CAST(COALESCE(SUM(CASE WHEN length < 0 THEN $3 ELSE length END), 0) AS BIGINT)
		FROM uploads WHERE community = $1 AND owner = $2 AND state IN (1, 2)`
)

const day = storage.Millis(24 * time.Hour / time.Millisecond)

// queue waits for the owner's turn, and returns the bytes that count for the day of u's creation, the n of u
// among them. They count if the transaction is committed.
func (l *Ledger) queue(ctx context.Context, u storage.Upload, n int64) (today int64, err error) {
	err = l.db.WriteRow(ctx, queueForOwner, u.Community, u.Owner, u.Created/day, n).Scan(&today)
	return today, err
}

// counted is what an upload of that length counts for in the quotas of bytes.
func counted(length int64, q storage.Quota) int64 {
	if length == storage.Unknown {
		return q.Deferred
	}
	return length
}

// checkQuota says whether the owner, whose turn it is, has room for u.
func (l *Ledger) checkQuota(ctx context.Context, u storage.Upload, q storage.Quota, today int64) error {
	if q.Open > 0 {
		var open int
		if err := l.db.QueryRow(ctx, countOpen, u.Community, u.Owner).Scan(&open); err != nil {
			return err
		}
		if open >= q.Open {
			return fault.New(fault.TooMany, "%d uploads are unfinished, the most allowed; finish or cancel one", open).
				Because("open")
		}
	}
	n := counted(u.Length, q)
	if q.Bytes > 0 {
		var taken int64
		if err := l.db.QueryRow(ctx, sumBytes, u.Community, u.Owner, q.Deferred).Scan(&taken); err != nil {
			return err
		}
		if n > q.Bytes-taken {
			return fault.New(fault.Full, "%d of %d bytes are taken; delete an upload", taken, q.Bytes).Because("total")
		}
	}
	if q.Day > 0 && today > q.Day {
		rest := time.Duration(day-u.Created%day) * time.Millisecond
		return fault.New(fault.Full, "%d of %d bytes are used for today; the next day begins at 00:00 UTC",
			today-n, q.Day).Because("day").Later(rest)
	}
	return nil
}

// declare makes an upload of Unknown length, whose length c declares, count for that length from now on.
func (l *Ledger) declare(ctx context.Context, c storage.Commit) error {
	if c.Length == 0 || c.Deferred <= c.Length {
		return nil
	}
	_, err := l.db.Exec(ctx, giveBackDeferred, c.Key, c.Community, c.Deferred-c.Length)
	return err
}
