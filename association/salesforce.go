package association

import (
	"context"
	"slices"

	"cameo/storage"
)

// SalesforceID returns the id by which Salesforce's clients know a person: the first in order of those that
// were linked or, the first time that a person without one is asked about, one that is drawn and kept for
// ever. NotFound.
func (s *Service) SalesforceID(ctx context.Context, c storage.Community, person GUID) (Identity, error) {
	id, known, err := s.salesforceID(ctx, c, person)
	if err != nil || known {
		return id, err
	}
	drawn, err := storage.DrawBase62(s.Random, salesforceShort-len(salesforceUser))
	if err != nil {
		return Identity{}, err
	}
	if id, err = ParseIdentity(Salesforce, salesforceUser+drawn); err != nil {
		return Identity{}, err
	}
	err = s.Tx.Do(ctx, func(ctx context.Context) error {
		p, err := s.Directory.Lock(ctx, c, person) // of many at once one draws
		if err != nil {
			return err
		}
		other, known, err := s.salesforceID(ctx, c, p.GUID)
		if err != nil || known {
			id = other
			return err
		}
		_, err = s.Identities.Link(ctx, c, p.GUID, id)
		return err
	})
	return id, err
}

func (s *Service) salesforceID(
	ctx context.Context, c storage.Community, person GUID,
) (id Identity, known bool, err error) {
	all, err := s.Identities.Identities(ctx, c, person)
	i := slices.IndexFunc(all, func(one Identity) bool { return one.System == Salesforce })
	if err != nil || i < 0 {
		return Identity{}, false, err
	}
	return all[i], true, nil
}
