package ledger

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

const extentColumns = `x.off, x.len, x.crc, x.blob, x.blob_off, x.inline`

// An upload's extents lie end to end, so the first that overlaps is the last that does not begin after $3: it
// is looked up, instead of passing by all that lie before.
const selectExtents = `SELECT ` + extentColumns + ` FROM extents AS x JOIN uploads AS u ON u.key = x.key
	WHERE x.key = $1 AND u.community = $2 AND x.off < $4 AND x.off + x.len > $3 AND $3 < $4
	AND x.off >= (SELECT COALESCE(MAX(f.off), 0) FROM extents AS f WHERE f.key = $1 AND f.off <= $3)
	ORDER BY x.off`

func scanExtent(row sqldb.Scanner) (storage.Extent, error) {
	var x storage.Extent
	var crc int64
	err := row.Scan(&x.Off, &x.Len, &crc, &x.Blob, &x.At, &x.Inline)
	x.CRC = uint64(crc)
	return x, err
}

// Extents returns those that overlap [from, to) in order of offset, inline bytes included.
func (l *Ledger) Extents(ctx context.Context, id storage.ID, from, to int64) ([]storage.Extent, error) {
	xs, err := sqldb.All(ctx, l.db, scanExtent, selectExtents, id.Key, id.Community, from, to)
	if err != nil {
		return nil, err
	}
	if len(xs) == 0 {
		_, err = l.Find(ctx, id) // no bytes there, or no upload
	}
	return xs, err
}

const (
	insertExtent = `INSERT INTO extents (key, off, len, crc, blob, blob_off, inline)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`

	// Of two writers that add an extent at one offset, one has changed the row of the upload. The other has not,
	// and its statement fails softly, so that both are seen together.
	addExtent = insertExtent + ` ON CONFLICT DO NOTHING`

	growExtent = `UPDATE extents SET len = $4, crc = $5 WHERE key = $1 AND off = $2 AND blob = $3 AND len < $4`

	deleteExtents = `DELETE FROM extents WHERE key = $1 AND off >= $2 RETURNING blob`

	// A blob may be mentioned by several extents, and by those of another upload that was joined from this one.
	// Of two that drop the last mentions of a blob at once, the second waits here for the first: each by itself
	// would see the other's.
	keepMentioned = `DELETE FROM trash WHERE blob = $1
		AND EXISTS (SELECT 1 FROM extents WHERE blob = $1 AND blob <> '')`

	countMentions = `SELECT COUNT(*) FROM extents WHERE blob = $1 AND blob <> ''`
)

// exchange puts c's extents in the place of those from the first one's offset on.
func (l *Ledger) exchange(ctx context.Context, c storage.Commit) error {
	if len(c.Put) == 0 {
		return nil
	}
	var dropped []storage.Name
	puts := c.Put
	switch {
	case c.Grow:
		if err := l.growExtent(ctx, c.Key, puts[0]); err != nil {
			return err
		}
		puts = puts[1:]
	case puts[0].Off < c.From: // else there is nothing behind it
		var err error
		if dropped, err = l.deleteExtents(ctx, c.Key, puts[0].Off); err != nil {
			return err
		}
	}
	for _, x := range puts {
		if _, err := l.db.Exec(ctx, insertExtent, inserted(c.Key, x)...); err != nil {
			return err
		}
	}
	return l.trashUnmentioned(ctx, c.Now, dropped)
}

// inserted are the arguments of insertExtent.
func inserted(key storage.Key, x storage.Extent) []any {
	return []any{key, x.Off, x.Len, int64(x.CRC), x.Blob, x.At, given(x.Inline, x.Blob == "")}
}

// growExtent lets the upload's last extent reach as far as its run does now.
func (l *Ledger) growExtent(ctx context.Context, key storage.Key, x storage.Extent) error {
	n, err := l.db.Exec(ctx, growExtent, key, x.Off, x.Blob, x.Len, int64(x.CRC))
	if err == nil && n != 1 {
		return fault.New(fault.Internal, "the extent that a commit grows is not there")
	}
	return err
}

// drop deletes all extents of an upload that nobody holds. What c would have put goes the same way: its blobs
// were written, and nobody will mention them.
func (l *Ledger) drop(ctx context.Context, c storage.Commit) error {
	if err := l.refuseHeld(ctx, c.ID); err != nil {
		return err
	}
	dropped, err := l.deleteExtents(ctx, c.Key, 0)
	if err != nil {
		return err
	}
	for _, x := range c.Put {
		dropped = append(dropped, x.Blob)
	}
	return l.trashUnmentioned(ctx, c.Now, dropped)
}

// deleteExtents deletes an upload's extents from off on and returns the blobs that they mentioned.
func (l *Ledger) deleteExtents(ctx context.Context, key storage.Key, off int64) ([]storage.Name, error) {
	return sqldb.All(ctx, l.db, scanName, deleteExtents, key, off)
}

func (l *Ledger) trashUnmentioned(ctx context.Context, now storage.Millis, blobs []storage.Name) error {
	for _, b := range blobs {
		if b == "" { // it was inline
			continue
		}
		if _, err := l.db.Exec(ctx, insertTrash, b, now); err != nil {
			return err
		}
		if _, err := l.db.Exec(ctx, keepMentioned, b); err != nil {
			return err
		}
	}
	return nil
}

// Unmentioned returns those of the names that no extent of any upload mentions.
func (l *Ledger) Unmentioned(ctx context.Context, names ...storage.Name) ([]storage.Name, error) {
	var free []storage.Name
	for _, name := range names {
		var n int
		if err := l.db.QueryRow(ctx, countMentions, name).Scan(&n); err != nil {
			return nil, err
		}
		if n == 0 {
			free = append(free, name)
		}
	}
	return free, nil
}
