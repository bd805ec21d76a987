package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/sqldb"
)

var _ association.Register = (*Directory)(nil)

// rights are the columns of a standing: of the person that p was merged into, if any, else of p. A person who
// is shut out under either name is shut out.
const (
	rights = `p.community, COALESCE(m.guid, p.guid), COALESCE(m.admin, p.admin),
		CASE WHEN p.disabled > 0 OR m.disabled > 0 THEN 1 ELSE 0 END`
	merged = ` LEFT JOIN people m ON p.merged <> '' AND m.community = p.community AND m.guid = p.merged`
)

// Standings returns what each community says that knows the person.
func (d *Directory) Standings(ctx context.Context, person association.GUID) ([]association.Standing, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (association.Standing, error) {
		var s association.Standing
		var admin, disabled int
		err := row.Scan(&s.Community, &s.GUID, &admin, &disabled)
		s.Admin, s.Disabled = admin == 1, disabled == 1
		return s, err
	}, `SELECT `+rights+` FROM people p`+merged+` WHERE p.guid = $1`, person)
}

const sessionColumns = `id, s.guid, communities, s.admin, via, s.created, used, expires, agent, address`

// OpenSession keeps a new session under its key, and ends the oldest ones beyond most.
func (d *Directory) OpenSession(ctx context.Context, key string, s association.Session, most int) error {
	return d.db.Do(ctx, func(ctx context.Context) error {
		_, err := d.db.Exec(ctx, `INSERT INTO sessions
			(hash, id, guid, communities, admin, via, created, used, expires, agent, address)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			hashed(key), s.ID, s.GUID, list(s.Communities), list(s.Admin), s.Via,
			s.Created, s.Used, s.Expires, s.Agent, s.Address)
		if err != nil {
			return err
		}
		_, err = d.db.Exec(ctx, `DELETE FROM sessions WHERE guid = $1 AND id <> $2 AND id NOT IN (
			SELECT id FROM sessions WHERE guid = $1 AND id <> $2 ORDER BY created DESC, id LIMIT $3)`,
			s.GUID, s.ID, most-1)
		return err
	})
}

// Session returns the session of a key with its person's standings. The person need not be known anywhere.
func (d *Directory) Session(
	ctx context.Context, key string, now storage.Millis,
) (association.Session, []association.Standing, error) {
	var one association.Session
	known, err := sqldb.All(ctx, d.db, func(row sqldb.Scanner) (association.Standing, error) {
		var s association.Standing
		var admin, disabled int
		err := scanSession(row, &one, &s.Community, &s.GUID, &admin, &disabled)
		s.Admin, s.Disabled = admin == 1, disabled == 1
		return s, err
	}, `SELECT `+sessionColumns+`, COALESCE(p.community, 0), COALESCE(m.guid, p.guid, ''),
		COALESCE(m.admin, p.admin, 0), CASE WHEN p.disabled > 0 OR m.disabled > 0 THEN 1 ELSE 0 END
		FROM sessions s LEFT JOIN people p ON p.guid = s.guid`+merged+`
		WHERE s.hash = $1 AND s.expires > $2`, hashed(key), now)
	if err != nil {
		return one, nil, err
	}
	if len(known) == 0 {
		return one, nil, association.NoSession()
	}
	if known[0].Community == 0 {
		known = nil
	}
	return one, known, nil
}

func scanSession(row sqldb.Scanner, s *association.Session, more ...any) error {
	var communities, admin string
	err := row.Scan(append([]any{
		&s.ID, &s.GUID, &communities, &admin, &s.Via, &s.Created, &s.Used, &s.Expires, &s.Agent, &s.Address,
	}, more...)...)
	if err != nil {
		return err
	}
	if s.Communities, err = unlist(communities); err != nil {
		return err
	}
	s.Admin, err = unlist(admin)
	return err
}

// TouchSession says that a session was used now.
func (d *Directory) TouchSession(ctx context.Context, key string, now storage.Millis) error {
	_, err := d.db.Exec(ctx, `UPDATE sessions SET used = $1 WHERE hash = $2 AND used < $1`, now, hashed(key))
	return err
}

// Sessions lists a person's sessions that are not over at now, the youngest first.
func (d *Directory) Sessions(
	ctx context.Context, person association.GUID, now storage.Millis,
) ([]association.Session, error) {
	return sqldb.All(ctx, d.db, func(row sqldb.Scanner) (s association.Session, err error) {
		return s, scanSession(row, &s)
	}, `SELECT `+sessionColumns+` FROM sessions s
		WHERE s.guid = $1 AND s.expires > $2 ORDER BY s.created DESC, id`,
		person, now)
}

// EndSession ends one of the person's sessions by its id, or all of them.
func (d *Directory) EndSession(ctx context.Context, person association.GUID, id string) (int, error) {
	n, err := d.db.Exec(ctx, `DELETE FROM sessions WHERE guid = $1 AND (id = $2 OR $2 = '')`, person, id)
	return int(n), err
}

// hashed is a secret as the tables keep it: a copy of the database opens no session. The secret has more than
// a hundred random bits, so that a hash which is quick is enough.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// list is communities as the tables keep them.
func list(communities []storage.Community) string {
	all := make([]string, len(communities))
	for i, c := range communities {
		all[i] = c.String()
	}
	return strings.Join(all, ",")
}

func unlist(text string) (all []storage.Community, err error) {
	for one := range strings.SplitSeq(text, ",") {
		if one == "" {
			continue
		}
		c, err := storage.ParseCommunity(one)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
