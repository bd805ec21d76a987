package ledger

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// A column whose argument is NULL stays as it is. What most steps change is in no index; a step that changes
// more writes several of them again, and so has a statement of its own.
const (
	advance = `UPDATE uploads SET off = $5, inline = $6, crc = $7, head = COALESCE($8, head),
		last_from = COALESCE($9, last_from), last_to = COALESCE($10, last_to),
		last_crc = COALESCE($11, last_crc), writer = COALESCE($12, writer)`
	alsoChange = `, length = COALESCE($14, length), state = COALESCE($15, state),
		reason = COALESCE($16, reason), due = COALESCE($17, due), dirty = COALESCE($18, dirty),
		looked = COALESCE($19, looked), sha256 = COALESCE($20, sha256), hashed = COALESCE($21, hashed)`
	alsoClaim = `, epoch = epoch + 1, dirty = CASE WHEN writer <> '' THEN CAST($14 AS BIGINT) ELSE dirty END`
	fenced    = ` WHERE key = $1 AND community = $2 AND epoch = $3 AND off = $4
		AND state <= $13` // the last state from which the step may be made
	advanceBytes = advance + fenced
	advanceClaim = advance + alsoClaim + fenced
	advanceState = advance + alsoChange + fenced
)

const deleteUpload = `DELETE FROM uploads WHERE key = $1`

// Commit applies c, see storage.Ledger. Bytes are added to Active uploads only, and an upload that is held is
// neither purged nor ended: Conflict.
//
// Order: the fenced UPDATE decides, then extents are exchanged, then what they alone mentioned goes to the
// trash.
func (l *Ledger) Commit(ctx context.Context, c storage.Commit) error {
	if err := checkBytes(c); err != nil {
		return err
	}
	return untilKnown(func(again bool) error {
		if addsOne(c) {
			return l.add(ctx, c)
		}
		err := l.db.Do(ctx, func(ctx context.Context) error { return l.commit(ctx, c) })
		if again && c.Purge && fault.Is(err, fault.NotFound) { // it was dropped a moment ago
			return nil
		}
		return err
	})
}

// checkBytes is nil if the new extents lie end to end and lead to To: a row must never have a hole. An upload
// that ends keeps no bytes, so there it does not matter.
func checkBytes(c storage.Commit) error {
	if c.State.Ended() {
		return nil
	}
	end := c.From
	if len(c.Put) > 0 {
		end = c.Put[0].Off
	}
	whole := 0 <= end && end <= c.From
	for _, x := range c.Put {
		whole = whole && x.Off == end && x.Len > 0 && (x.Blob != "" || int64(len(x.Inline)) == x.Len)
		end = x.End()
	}
	if !whole || end != c.To {
		return fault.New(fault.Internal, "the extents of a commit do not lead to its offset")
	}
	return nil
}

// addsOne says whether c does no more than adding one extent behind all others: most commits do.
func addsOne(c storage.Commit) bool {
	return len(c.Put) == 1 && c.Put[0].Off == c.From && !c.Grow && c.Length == 0 && !c.State.Ended() && !c.Purge
}

// add applies a commit for which addsOne.
func (l *Ledger) add(ctx context.Context, c storage.Commit) error {
	done, err := l.db.Batch(ctx, fence(c), sqldb.Step{Query: addExtent, Args: inserted(c.Key, c.Put[0])})
	if err == nil && !done {
		return l.refused(ctx, c)
	}
	return err
}

// fence is the UPDATE that decides.
func fence(c storage.Commit) sqldb.Step {
	if more := changes(c); more != nil {
		return sqldb.Step{Query: advanceState, Args: append(advances(c), more...)}
	}
	if c.Claim {
		return sqldb.Step{Query: advanceClaim, Args: append(advances(c), c.Now)}
	}
	return sqldb.Step{Query: advanceBytes, Args: advances(c)}
}

func (l *Ledger) commit(ctx context.Context, c storage.Commit) error {
	first := fence(c)
	if n, err := l.db.Exec(ctx, first.Query, first.Args...); err != nil {
		return err
	} else if n == 0 {
		return l.refused(ctx, c)
	}
	if err := l.declare(ctx, c); err != nil {
		return err
	}
	switch {
	case c.Purge:
		if err := l.drop(ctx, c); err != nil {
			return err
		}
		_, err := l.db.Exec(ctx, deleteUpload, c.Key)
		return err
	case c.State.Ended():
		return l.drop(ctx, c)
	case c.State == storage.Complete && c.From == c.To: // it may have been Complete before, and held
		if _, err := l.db.Exec(ctx, keepHeld, c.Key); err != nil {
			return err
		}
	}
	return l.exchange(ctx, c)
}

// advances are the arguments of advance.
func advances(c storage.Commit) []any {
	var lastFrom, lastTo, lastCRC any
	if c.Last != nil {
		lastFrom, lastTo, lastCRC = c.Last.From, c.Last.To, int64(c.Last.CRC)
	}
	return []any{
		c.Key, c.Community, c.Epoch, c.From,
		c.To, c.Inline, int64(c.CRC), given(c.Head, c.Head != nil), lastFrom, lastTo, lastCRC,
		given("", c.Release), latest(c),
	}
}

// changes are the further arguments with alsoChange; nil when nothing of that changes.
func changes(c storage.Commit) []any {
	known := c.SHA256 != nil || c.Hashed != nil
	if c.Length == 0 && c.State == 0 && c.Dirty == nil && !c.Looked && !known {
		return nil
	}
	var dirty any
	if c.Dirty != nil {
		dirty = *c.Dirty
	}
	return []any{
		given(c.Length, c.Length > 0), given(c.State, c.State != 0), given(c.Reason, c.State == storage.Failed),
		given(c.Due, c.State != 0), dirty, given(c.Epoch, c.Looked),
		given(c.SHA256, c.SHA256 != nil), given(c.Hashed, c.Hashed != nil),
	}
}

// given is v, or NULL for a column that stays as it is.
func given(v any, is bool) any {
	if is {
		return v
	}
	return nil
}

// latest is the last state from which c may be made: bytes come to Active uploads only, completion is for
// those that may have bytes, housekeeping and ending for all.
func latest(c storage.Commit) storage.State {
	switch {
	case c.From < c.To, len(c.Put) > 0, c.Length > 0, c.State == storage.Active:
		return storage.Active
	case c.State == storage.Complete:
		return storage.Complete
	}
	return storage.Expired
}

// refused says why the fenced UPDATE changed no row. It may be that it was done already: nobody else holds
// the epoch, so an attempt of unknown outcome has brought the upload to c.To, or to the state that was wanted
// there.
func (l *Ledger) refused(ctx context.Context, c storage.Commit) error {
	u, err := l.Find(ctx, c.ID)
	switch {
	case err != nil:
		return err
	case c.Claim && u.Epoch == c.Epoch+1 && u.Offset == c.To && u.CRC == c.CRC && c.From < c.To:
		return nil // others may have added the same bytes at the same time; then no harm is done either
	case u.Epoch != c.Epoch || c.Claim:
		return superseded()
	case u.Offset == c.To && (c.State == u.State || c.State == 0 && c.From < c.To):
		return nil
	case u.State != storage.Active:
		return u.Closed()
	}
	return superseded()
}
