package association

import (
	"context"

	"cameo/storage"
	"cameo/storage/fault"
)

// Row is what a list of people says of one.
type Row struct {
	Line       int // where it stands in the list, from 1 on
	Person     GUID
	Name       string // "": the list does not say
	Identities []Identity
}

// RowError is what is wrong with a row.
type RowError struct {
	Line int
	Err  error
}

// Import adds what rows say to the directory, all of it or nothing, and says how many people changed. Names
// and people that are there stay. Rows that cannot be added are told, and then nothing is. In a dry run
// nothing is added in any case.
func (s *Service) Import(
	ctx context.Context, a Actor, c storage.Community, rows []Row, dry bool,
) (changed int, wrong []RowError, err error) {
	if err := a.May(ManagePeople, c, ""); err != nil {
		return 0, nil, err
	}
	undo := fault.New(fault.Conflict, "nothing was imported")
	err = s.Tx.Do(ctx, func(ctx context.Context) error {
		wrong = nil
		var done []Entry
		for _, row := range rows {
			e, err := s.importRow(ctx, a, c, row)
			switch fault.Of(err) {
			case 0:
				done = append(done, e...)
			case fault.Exists, fault.Invalid:
				wrong = append(wrong, RowError{row.Line, err})
			default:
				return err
			}
		}
		if changed = len(done); dry || len(wrong) > 0 {
			return undo
		}
		return s.Audit.Record(ctx, done...)
	})
	if err == undo { //nolint:errorlint // this very one, and no other that is like it
		err = nil
	}
	if len(wrong) > 0 || err != nil {
		changed = 0
	}
	return changed, wrong, err
}

// importRow adds one row, and returns an entry if anything changed.
func (s *Service) importRow(ctx context.Context, a Actor, c storage.Community, row Row) ([]Entry, error) {
	if row.Name != "" && !isName(row.Name) {
		return nil, fault.New(fault.Invalid, "the name cannot be shown").About("name")
	}
	p, err := s.Directory.Person(ctx, c, row.Person)
	changed := fault.Is(err, fault.NotFound)
	if changed {
		if err = s.Directory.Ensure(ctx, c, row.Person); err == nil {
			p, err = s.Directory.Person(ctx, c, row.Person)
		}
	}
	if err != nil {
		return nil, err
	}
	if row.Name != "" && row.Name != p.Name {
		if err := s.People.Rename(ctx, c, p.GUID, row.Name); err != nil {
			return nil, err
		}
		changed = true
	}
	for _, id := range row.Identities {
		linked, err := s.Identities.Link(ctx, c, p.GUID, id)
		if err != nil {
			return nil, err
		}
		changed = changed || linked
	}
	if !changed {
		return nil, nil
	}
	return []Entry{s.entry(a, Entry{Community: c, Action: Imported, Person: p.GUID})}, nil
}

// exportPage is how many people are read at once.
const exportPage = 500

// Export tells each person of the community, by GUID.
func (s *Service) Export(ctx context.Context, a Actor, c storage.Community, tell func(Row) error) error {
	for after := GUID(""); ; {
		people, err := s.FindPeople(ctx, a, c, "", after, exportPage)
		if err != nil {
			return err
		}
		for _, p := range people {
			names, err := s.Identities.Identities(ctx, c, p.GUID)
			if err != nil {
				return err
			}
			if err := tell(Row{Person: p.GUID, Name: p.Name, Identities: names}); err != nil {
				return err
			}
			after = p.GUID
		}
		if len(people) < exportPage {
			return nil
		}
	}
}
