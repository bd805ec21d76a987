package album

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// The condition is repeated outside of the subquery: a claim that waited for another one to commit must
// look again, or both have the row.
const (
	isFresh    = ` AND state = 1 AND due <= $1 AND tries = 0`
	isAgain    = ` AND state = 1 AND due <= $1 AND tries > 0`
	oldest     = `(SELECT version FROM photos WHERE community = $2`
	inOrder    = ` ORDER BY due, version LIMIT 1)`
	later      = `SELECT community FROM photos WHERE community > $2`
	first      = ` ORDER BY community, due LIMIT 1`
	nextFresh  = later + isFresh + first
	nextAgain  = later + isAgain + first
	take       = `UPDATE photos SET due = $3, epoch = epoch + 1, tries = tries + 1 WHERE version IN `
	claimFresh = take + oldest + isFresh + inOrder + isFresh + ` RETURNING ` + columns
	claimAgain = take + oldest + isAgain + inOrder + isAgain + ` RETURNING ` + columns

	settle = `UPDATE photos SET state = $1, reason = $2, type = $3, width = $4, height = $5, due = $6,
		tries = $7, thumbhash = $8, colour = $9
		WHERE version = $10 AND community = $11 AND state = 1 AND epoch = $12`
)

// Claim takes pending photos that are due, one of each community in turn.
//
// Each is a transaction of its own: two claims that hold some rows each and want more would wait for each
// other. A queue without work is not worth the database's write lock.
func (a *Album) Claim(ctx context.Context, c association.Claim) (claimed []association.Photo, err error) {
	claim := claimFresh
	if c.Again {
		claim = claimAgain
	}
	for range 2 * c.N { // some of them may go to another worker
		if c.After, err = a.next(ctx, c); err != nil || c.After == 0 || len(claimed) == c.N {
			break
		}
		var one []association.Photo
		err = a.db.Do(ctx, func(ctx context.Context) (err error) {
			one, err = sqldb.All(ctx, a.db, scan, claim, c.Now, c.After, c.Until)
			return err
		})
		if err != nil {
			break
		}
		claimed = append(claimed, one...)
	}
	if len(claimed) > 0 {
		return claimed, nil // they are the caller's now, whatever became of the rest
	}
	return nil, err
}

// next is the community whose turn it is, 0 if nothing is due.
func (a *Album) next(ctx context.Context, c association.Claim) (next storage.Community, err error) {
	query := nextFresh
	if c.Again {
		query = nextAgain
	}
	for _, after := range [...]storage.Community{c.After, 0} {
		err = a.db.QueryRow(ctx, query, c.Now, after).Scan(&next)
		if !errors.Is(err, sqldb.ErrNoRow) {
			return next, err
		}
	}
	return 0, nil
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
