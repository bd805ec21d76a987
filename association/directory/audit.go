package directory

import (
	"context"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
)

var _ association.AuditLog = (*Directory)(nil)

// Record adds entries. The community's row in audit_turns is this transaction's until it ends: no entry with
// a smaller number can become visible after one with a larger.
func (d *Directory) Record(ctx context.Context, entries ...association.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	return d.db.Do(ctx, func(ctx context.Context) error {
		c, last := entries[0].Community, int64(0)
		err := d.db.WriteRow(ctx, `INSERT INTO audit_turns (community, last) VALUES ($1, $2)
			ON CONFLICT (community) DO UPDATE SET last = audit_turns.last + excluded.last RETURNING last`,
			c, len(entries)).Scan(&last)
		if err != nil {
			return err
		}
		for i, e := range entries {
			_, err := d.db.Exec(ctx, `INSERT INTO audit (community, id, at, actor, action, person, object, address)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				c, last-int64(len(entries)-1-i), e.At, e.Actor, e.Action, e.Person, e.Object, e.Address)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Entries returns up to n of a community's entries, from the one after an ID on.
func (d *Directory) Entries(
	ctx context.Context, c storage.Community, after int64, since storage.Millis, n int,
) ([]association.Entry, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (e association.Entry, err error) {
		return e, row.Scan(&e.Community, &e.ID, &e.At, &e.Actor, &e.Action, &e.Person, &e.Object, &e.Address)
	}, `SELECT community, id, at, actor, action, person, object, address FROM audit
		WHERE community = $1 AND id > $2 AND at >= $3 ORDER BY id LIMIT $4`, c, after, since, n)
}

// ForgetEntries drops up to n entries that are older than before.
func (d *Directory) ForgetEntries(ctx context.Context, before storage.Millis, n int) (int, error) {
	dropped, err := d.db.Exec(ctx, `DELETE FROM audit WHERE (community, id) IN
		(SELECT community, id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)`, before, n)
	return int(dropped), err
}
