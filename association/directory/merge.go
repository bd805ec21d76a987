package directory

import (
	"context"
	"encoding/json"
	"maps"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// Merge gives all names of a person to another, see association.People.
func (d *Directory) Merge(ctx context.Context, c storage.Community, from, into association.GUID) error {
	return d.db.Do(ctx, func(ctx context.Context) error {
		for _, statement := range [...]string{
			`UPDATE identities SET guid = $3 WHERE community = $1 AND guid = $2`,
			`UPDATE passwords SET guid = $3 WHERE community = $1 AND guid = $2 AND NOT EXISTS
				(SELECT 1 FROM passwords w WHERE w.community = $1 AND w.guid = $3)`,
			`UPDATE links SET guid = $3 WHERE community = $1 AND guid = $2`,
			`UPDATE temporary_photos SET guid = $3 WHERE community = $1 AND guid = $2 AND NOT EXISTS
				(SELECT 1 FROM temporary_photos t WHERE t.community = $1 AND t.guid = $3)`,
			`UPDATE people SET merged = $3 WHERE community = $1 AND (guid = $2 OR merged = $2)`,
			`UPDATE people SET name = (SELECT name FROM people WHERE community = $1 AND guid = $2),
				folded = (SELECT folded FROM people WHERE community = $1 AND guid = $2)
				WHERE community = $1 AND guid = $3 AND name = ''`,
		} {
			if _, err := d.db.Exec(ctx, statement, c, from, into); err != nil {
				return err
			}
		}
		if err := d.mergeProfiles(ctx, c, from, into); err != nil {
			return err
		}
		for _, statement := range [...]string{
			`DELETE FROM passwords WHERE community = $1 AND guid = $2`,
			`DELETE FROM temporary_photos WHERE community = $1 AND guid = $2`,
			`DELETE FROM profiles WHERE community = $1 AND guid = $2`,
		} {
			if _, err := d.db.Exec(ctx, statement, c, from); err != nil {
				return err
			}
		}
		return nil
	})
}

// mergeProfiles says of a person what was said of another, where nothing was said of them.
func (d *Directory) mergeProfiles(
	ctx context.Context, c storage.Community, from, into association.GUID,
) error {
	text, updated, err := d.Profile(ctx, c, from)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, theirUpdated, err := d.Profile(ctx, c, into)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	survivor, err := d.Person(ctx, c, into)
	if err != nil {
		return err
	}
	return d.SetProfile(ctx, c, into, max(updated, theirUpdated), func(before string) (string, error) {
		all, err := parseProfile(text)
		if err != nil {
			return "", err
		}
		if survivor.Current != "" { // an address that was said would hide the photo
			delete(all, "photoURL")
			delete(all, "thumbnailURL")
		}
		theirs, err := parseProfile(before)
		if err != nil {
			return "", err
		}
		maps.Copy(all, theirs)
		one, err := json.Marshal(all)
		return string(one), err
	})
}

// parseProfile reads the fields of a profile as they are kept.
func parseProfile(text string) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if text == "" {
		return fields, nil
	}
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, fault.Wrap(err, fault.Corrupt, "the stored profile cannot be read")
	}
	return fields, nil
}
