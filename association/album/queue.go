package album

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// The condition is repeated outside of the subquery: a claim that waited for another one to commit must
// look again, or both have the row.
const (
	claimFresh = `UPDATE photos SET due = $1, epoch = epoch + 1, tries = tries + 1
		WHERE version IN (SELECT version FROM photos WHERE state = 1 AND due <= $2 AND tries = 0
			ORDER BY due, version LIMIT $3)
		AND state = 1 AND due <= $2 AND tries = 0 RETURNING ` + columns
	claimAgain = `UPDATE photos SET due = $1, epoch = epoch + 1, tries = tries + 1
		WHERE version IN (SELECT version FROM photos WHERE state = 1 AND due <= $2 AND tries > 0
			ORDER BY due, version LIMIT $3)
		AND state = 1 AND due <= $2 AND tries > 0 RETURNING ` + columns
	isDue  = `SELECT version FROM photos WHERE state = 1 AND due <= $1 LIMIT 1`
	settle = `UPDATE photos SET state = $1, reason = $2, type = $3, width = $4, height = $5, due = $6,
		tries = $7, thumbhash = $8, colour = $9
		WHERE version = $10 AND community = $11 AND state = 1 AND epoch = $12`
)

// Claim takes pending photos that are due.
func (a *Album) Claim(ctx context.Context, c association.Claim) (claimed []association.Photo, err error) {
	if idle, err := a.idle(ctx, c); idle || err != nil {
		return nil, err
	}
	claim := claimFresh
	if c.Again {
		claim = claimAgain
	}
	err = a.db.Do(ctx, func(ctx context.Context) error {
		claimed, err = sqldb.All(ctx, a.db, scan, claim, c.Until, c.Now, c.N)
		return err
	})
	return claimed, err
}

// idle spares a worker that polls an empty queue the database's write lock.
func (a *Album) idle(ctx context.Context, c association.Claim) (bool, error) {
	var v association.Version
	err := a.db.QueryRow(ctx, isDue, c.Now).Scan(&v)
	if errors.Is(err, sqldb.ErrNoRow) {
		return true, nil
	}
	return false, err
}

// Settle writes what became of a claimed photo.
func (a *Album) Settle(ctx context.Context, p association.Photo) error {
	return a.db.Do(ctx, func(ctx context.Context) error {
		n, err := a.db.Exec(ctx, settle, p.State, p.Reason, p.Type, p.Width, p.Height, p.Due, p.Tries,
			p.Thumbhash, packed(p.Colour), p.Version, p.Community, p.Epoch)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Superseded, "another worker or a newer photo has taken over")
		}
		for _, r := range p.Renditions {
			if err := a.addRendition(ctx, p.Version, r); err != nil {
				return err
			}
		}
		return nil
	})
}
