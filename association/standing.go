package association

import (
	"context"
	"slices"

	"cameo/storage"
	"cameo/storage/fault"
)

// Standing is what one community's directory says of a person.
type Standing struct {
	Community storage.Community
	GUID      GUID // another than was asked for if the person was merged into that one
	Admin     bool // administers, whatever a token says
	Disabled  bool // is shut out, whatever a token says
}

// Register knows how people stand, and their sessions. Its methods join the transaction of their context.
type Register interface {
	// Standings returns what each community says that knows the person, with one statement.
	Standings(ctx context.Context, person GUID) ([]Standing, error)
	// OpenSession keeps a new session under its key, and ends the person's oldest ones beyond most.
	OpenSession(ctx context.Context, key string, s Session, most int) error
	// Session returns the session of a key that is not over at now, with its person's standings, by one
	// statement; NotFound.
	Session(ctx context.Context, key string, now storage.Millis) (Session, []Standing, error)
	// TouchSession says that a session was used now.
	TouchSession(ctx context.Context, key string, now storage.Millis) error
	// Sessions lists a person's sessions that are not over at now, the youngest first.
	Sessions(ctx context.Context, person GUID, now storage.Millis) ([]Session, error)
	// EndSession ends one of the person's sessions by its id; all of them by "". It says how many.
	EndSession(ctx context.Context, person GUID, id string) (int, error)
}

// Arrive is the actor whom a valid token or session names, as the directory lets them in: shut out where they
// are disabled, an administrator where they were made one, and under another GUID where they were merged.
// Where nobody knows them, an open directory adds them; to a closed one they do not belong. It costs one
// statement, and another one at first sight.
func (s *Service) Arrive(ctx context.Context, a Actor) (Actor, error) {
	if !a.Known() {
		return a, nil
	}
	known, err := s.Register.Standings(ctx, a.GUID)
	if err != nil {
		return Actor{}, err
	}
	return s.admit(ctx, a, known)
}

// admit applies the standings to what the actor claims.
func (s *Service) admit(ctx context.Context, a Actor, known []Standing) (Actor, error) {
	shown := a
	a.Shown = &shown
	a.Communities, a.Admin = slices.Clone(a.Communities), slices.Clone(a.Admin)
	for _, c := range a.Memberships() {
		i := slices.IndexFunc(known, func(k Standing) bool { return k.Community == c })
		if i < 0 {
			in, err := s.welcome(ctx, c, a.GUID)
			if err != nil {
				return Actor{}, err
			}
			if !in {
				a.leave(c)
			}
			continue
		}
		a.stand(known[i])
	}
	return a, nil
}

// stand applies what a community says.
func (a *Actor) stand(k Standing) {
	if k.Disabled {
		a.Disabled = append(a.Disabled, k.Community)
	}
	if k.Admin && !slices.Contains(a.Admin, k.Community) {
		a.Admin = append(a.Admin, k.Community)
	}
	if k.GUID != a.GUID {
		if a.Merged == nil {
			a.Merged = map[storage.Community]GUID{}
		}
		a.Merged[k.Community] = k.GUID
	}
}

// leave drops a membership.
func (a *Actor) leave(c storage.Community) {
	other := func(of storage.Community) bool { return of == c }
	a.Communities = slices.DeleteFunc(a.Communities, other)
	a.Admin = slices.DeleteFunc(a.Admin, other)
}

// welcome adds a person who is seen for the first time, and says whether they belong to the community.
func (s *Service) welcome(ctx context.Context, c storage.Community, person GUID) (bool, error) {
	if s.Limits.Closed || s.absent.has(c) {
		return false, nil
	}
	err := s.Directory.Ensure(ctx, c, person)
	if fault.Is(err, fault.NotFound) { // there is no such community, whatever a token says
		s.absent.add(c)
		return false, nil
	}
	return err == nil, err
}
