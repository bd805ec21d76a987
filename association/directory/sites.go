package directory

import (
	"context"
	"errors"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// AddSite adds a site with its origins. A community that is not there is NotFound.
func (d *Directory) AddSite(ctx context.Context, s association.Site) error {
	if _, err := d.Community(ctx, s.Community); err != nil {
		return err
	}
	return d.db.Do(ctx, func(ctx context.Context) error {
		_, err := d.db.Exec(ctx, `INSERT INTO sites
			(api_key, community, secret, created, rotated, disabled, width, height, registers)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			s.APIKey, s.Community, s.Secret, s.Created, s.Rotated, s.Disabled,
			s.Thumbnail.Width, s.Thumbnail.Height, flag(s.Register))
		for _, o := range s.Origins {
			if err != nil {
				break
			}
			_, err = d.db.Exec(ctx, `INSERT INTO site_origins (api_key, origin) VALUES ($1, $2)
				ON CONFLICT DO NOTHING`, s.APIKey, o)
		}
		return err
	})
}

const siteColumns = `api_key, community, secret, created, rotated, disabled, width, height, registers`

func scanSite(row sqldb.Scanner) (s association.Site, err error) {
	var registers int
	err = row.Scan(&s.APIKey, &s.Community, &s.Secret, &s.Created, &s.Rotated, &s.Disabled,
		&s.Thumbnail.Width, &s.Thumbnail.Height, &registers)
	s.Register = registers == 1
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.Site{}, association.NoSite()
	}
	return s, err
}

// Site returns a site by its key, disabled ones too; NotFound.
func (d *Directory) Site(ctx context.Context, apiKey string) (association.Site, error) {
	if readable(apiKey) != nil {
		return association.Site{}, association.NoSite()
	}
	s, err := scanSite(d.db.QueryRow(ctx, `SELECT `+siteColumns+` FROM sites WHERE api_key = $1`, apiKey))
	if err != nil {
		return association.Site{}, err
	}
	s.Origins, err = sqldb.All(ctx, d.db, func(row sqldb.Scanner) (o string, err error) {
		return o, row.Scan(&o)
	}, `SELECT origin FROM site_origins WHERE api_key = $1 ORDER BY origin`, apiKey)
	return s, err
}

// Sites lists a community's sites, without their origins, by age.
func (d *Directory) Sites(ctx context.Context, c storage.Community) ([]association.Site, error) {
	return sqldb.All(ctx, d.db, scanSite,
		`SELECT `+siteColumns+` FROM sites WHERE community = $1 ORDER BY created, api_key`, c)
}

// RotateSite gives a site another secret; what was signed with the old one is not good any more, and neither
// are tokens that were given for it. EndSite follows.
func (d *Directory) RotateSite(
	ctx context.Context, c storage.Community, apiKey, secret string, now storage.Millis,
) error {
	n, err := d.db.Exec(ctx, `UPDATE sites SET secret = $1, rotated = $2 WHERE community = $3 AND api_key = $4`,
		secret, now, c, apiKey)
	return foundSite(n, err)
}

// EndSite ends the sessions of a site's server when a change of the site is committed. It must be no part of
// the same transaction: who begins a session looks at the site once more when it is there, and either sees
// the change then, or the session is seen here.
func (d *Directory) EndSite(ctx context.Context, apiKey string) error {
	_, err := d.EndSession(ctx, association.Site{APIKey: apiKey}.Integration(), "")
	return err
}

// DisableSite shuts a site. One that is shut stays so. EndSite follows.
func (d *Directory) DisableSite(
	ctx context.Context, c storage.Community, apiKey string, now storage.Millis,
) error {
	n, err := d.db.Exec(ctx, `UPDATE sites SET disabled = CASE disabled WHEN 0 THEN $1 ELSE disabled END
		WHERE community = $2 AND api_key = $3`, now, c, apiKey)
	return foundSite(n, err)
}

// SetThumbnail changes the size of the thumbnails that a site's next photos get.
func (d *Directory) SetThumbnail(ctx context.Context, apiKey string, size association.Box) error {
	n, err := d.db.Exec(ctx, `UPDATE sites SET width = $1, height = $2 WHERE api_key = $3`,
		size.Width, size.Height, apiKey)
	return foundSite(n, err)
}

func foundSite(n int64, err error) error {
	if err == nil && n == 0 {
		return association.NoSite()
	}
	return err
}

// AddSiteKey adds a key of a site.
func (d *Directory) AddSiteKey(ctx context.Context, k association.SiteKey) error {
	_, err := d.db.Exec(ctx, `INSERT INTO site_keys (user_key, api_key, secret, public, created)
		VALUES ($1, $2, $3, $4, $5)`, k.UserKey, k.APIKey, k.Secret, k.Public, k.Created)
	return err
}

// SiteKey returns a key of a site; NotFound.
func (d *Directory) SiteKey(ctx context.Context, apiKey, userKey string) (association.SiteKey, error) {
	if readable(userKey) != nil {
		return association.SiteKey{}, association.NoSite()
	}
	k := association.SiteKey{UserKey: userKey, APIKey: apiKey}
	err := d.db.QueryRow(ctx, `SELECT secret, public, created FROM site_keys
		WHERE api_key = $1 AND user_key = $2`, apiKey, userKey).Scan(&k.Secret, &k.Public, &k.Created)
	if errors.Is(err, sqldb.ErrNoRow) {
		return association.SiteKey{}, association.NoSite()
	}
	return k, err
}

// Burn remembers something that is believed once, and says whether it is new. Of many who burn the same at
// once, on whatever node, one is told so.
func (d *Directory) Burn(ctx context.Context, what string, until storage.Millis) (bool, error) {
	n, err := d.db.Exec(ctx, `INSERT INTO nonces (hash, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
		hashed(what), until)
	return n > 0, err
}

// Burnt says whether something was burnt, and is not forgotten yet.
func (d *Directory) Burnt(ctx context.Context, what string) (bool, error) {
	var n int
	err := d.db.QueryRow(ctx, `SELECT COUNT(*) FROM nonces WHERE hash = $1`, hashed(what)).Scan(&n)
	return n > 0, err
}

// KeepAnswer keeps an answer that a page could not read, for whoever knows its id.
func (d *Directory) KeepAnswer(ctx context.Context, id, answer string, until storage.Millis) error {
	_, err := d.db.Exec(ctx, `INSERT INTO saved_answers (hash, answer, expires) VALUES ($1, $2, $3)
		ON CONFLICT (hash) DO UPDATE SET answer = excluded.answer, expires = excluded.expires`,
		hashed(id), answer, until)
	return err
}

// Answer returns a kept answer that is good at now; NotFound.
func (d *Directory) Answer(ctx context.Context, id string, now storage.Millis) (answer string, err error) {
	err = d.db.QueryRow(ctx, `SELECT answer FROM saved_answers WHERE hash = $1 AND expires > $2`,
		hashed(id), now).Scan(&answer)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", fault.New(fault.NotFound, "there is no such answer")
	}
	return answer, err
}

// SweepSites drops what is over at now: nonces, answers, thumbnails of photos that are forgotten, and photos
// that were not published before.
func (d *Directory) SweepSites(ctx context.Context, now, before storage.Millis) error {
	_, nonces := d.db.Exec(ctx, `DELETE FROM nonces WHERE expires <= $1`, now)
	_, answers := d.db.Exec(ctx, `DELETE FROM saved_answers WHERE expires <= $1`, now)
	_, sent := d.db.Exec(ctx, `DELETE FROM temporary_photos WHERE created < $1`, before)
	_, thumbnails := d.db.Exec(ctx, `DELETE FROM thumbnails WHERE NOT EXISTS (
		SELECT 1 FROM photos WHERE photos.version = thumbnails.version)`)
	return errors.Join(nonces, answers, sent, thumbnails)
}
