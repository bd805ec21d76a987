package association

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"cameo/storage"
	"cameo/storage/fault"
)

// Session is a person who has signed in and is believed until Expires, or until nothing was asked for too
// long. Whoever has its key is that person. The key is told once and kept nowhere.
type Session struct {
	ID          string // names it without being a key
	GUID        GUID
	Communities []storage.Community // as they were shown at the sign-in, see Actor
	Admin       []storage.Community
	Via         Via
	Created     storage.Millis
	Used        storage.Millis // last, to the minute
	Expires     storage.Millis
	Agent       string // what the client calls itself
	Address     string // from where it signed in
}

// Via is how somebody signed in.
type Via string

// The ways.
const (
	ViaPassword Via = "password"
	ViaIssuer   Via = "issuer" // OpenID Connect
	ViaToken    Via = "token"  // a bearer token was exchanged
	ViaLink     Via = "link"   // a link that is good once
	ViaSite     Via = "site"   // the server of a site has shown the site's secret
)

// SessionLimits say how long sessions last.
type SessionLimits struct {
	Life time.Duration // from the sign-in on
	Idle time.Duration // since the last request
	Most int           // of one person; the oldest are ended for new ones
}

// DefaultSessionLimits are those of an instance that is told nothing else.
func DefaultSessionLimits() SessionLimits {
	return SessionLimits{Life: 30 * 24 * time.Hour, Idle: 24 * time.Hour, Most: 100}
}

// Validate says which limit makes no sense.
func (l SessionLimits) Validate() error {
	switch {
	case l.Life < time.Minute:
		return fmt.Errorf("session-life: want at least 1m")
	case l.Idle < time.Minute:
		return fmt.Errorf("session-idle: want at least 1m")
	case l.Most < 1:
		return fmt.Errorf("sessions of one person: want at least 1")
	}
	return nil
}

// touchEvery is how exactly Used is known: a request costs no write.
const touchEvery = time.Minute

// Open begins a session of an actor who has shown who they are, and returns its key: a random GUID, as
// Igloo's clients expect. It lasts no longer than what was shown. Somebody who belongs to no community,
// such as whom a closed directory does not know, is NotFound.
func (s *Service) Open(
	ctx context.Context, a Actor, via Via, agent, address string,
) (string, Session, error) {
	if err := a.Present(); err != nil {
		return "", Session{}, err
	}
	if len(a.Memberships()) == 0 {
		return "", Session{}, fault.New(fault.NotFound, "this person belongs to no community here")
	}
	key, err := uuid.NewRandomFromReader(s.Random)
	if err != nil {
		return "", Session{}, fault.Wrap(err, fault.Internal, "no randomness")
	}
	id, err := storage.DrawBase62(s.Random, sessionIDLength)
	if err != nil {
		return "", Session{}, err
	}
	now := s.Clock()
	expires := now.Add(s.Sessions.Life)
	if a.Expires > 0 {
		expires = min(expires, a.Expires)
	}
	if expires <= now { // a token is believed for a moment longer than it is good
		return "", Session{}, fault.New(fault.Unauthenticated, "what shows who you are has expired")
	}
	if a.Shown != nil { // what the directory says is asked at each request: a session keeps no rights of its
		a = *a.Shown
	}
	one := Session{
		ID: id, GUID: a.GUID, Communities: a.Communities, Admin: a.Admin, Via: via,
		Created: now, Used: now, Expires: expires, Agent: agent, Address: address,
	}
	return key.String(), one, s.Register.OpenSession(ctx, key.String(), one, s.Sessions.Most)
}

const sessionIDLength = 12 // base62 characters

// Resume is the actor of a session's key, as the directory lets them in. An unknown key, and one of a session
// that is over, are the same Unauthenticated. It costs one statement, and a second one once a minute.
func (s *Service) Resume(ctx context.Context, key string) (Actor, error) {
	now := s.Clock()
	one, known, err := s.Register.Session(ctx, key, now)
	idle := now >= one.Used.Add(s.Sessions.Idle)
	if fault.Is(err, fault.NotFound) || err == nil && idle {
		return Actor{}, fault.New(fault.Unauthenticated, "the session is over, or there never was one")
	}
	if err != nil {
		return Actor{}, err
	}
	if now >= one.Used.Add(touchEvery) {
		if err := s.Register.TouchSession(ctx, key, now); err != nil {
			return Actor{}, err
		}
	}
	return s.admit(ctx, Actor{
		GUID: one.GUID, Communities: one.Communities, Admin: one.Admin,
		Session: one.ID, Expires: one.Expires,
	}, known)
}

// OpenSessions lists the actor's own sessions, under whichever of their GUIDs they began, the youngest first.
func (s *Service) OpenSessions(ctx context.Context, a Actor) ([]Session, error) {
	if err := a.Present(); err != nil {
		return nil, err
	}
	names, err := s.namesOf(ctx, a)
	if err != nil {
		return nil, err
	}
	var all []Session
	now := s.Clock()
	for name, communities := range names {
		some, err := s.Register.Sessions(ctx, name, now)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(some, func(one Session) bool {
			opens := name == a.GUID || slices.ContainsFunc(communities, one.opens)
			return !opens || now >= one.Used.Add(s.Sessions.Idle)
		})...)
	}
	slices.SortFunc(all, func(x, y Session) int {
		return cmp.Or(cmp.Compare(y.Created, x.Created), cmp.Compare(x.ID, y.ID))
	})
	return all, nil
}

// namesOf are the GUIDs that the actor goes by, and in which communities: their own one, and where people
// were merged, those of the others who are the same person there.
func (s *Service) namesOf(ctx context.Context, a Actor) (map[GUID][]storage.Community, error) {
	names := map[GUID][]storage.Community{a.GUID: nil}
	for _, c := range a.Memberships() {
		same, err := s.People.GUIDs(ctx, c, a.In(c))
		if err != nil {
			return nil, err
		}
		for _, name := range same {
			names[name] = append(names[name], c)
		}
	}
	return names, nil
}

// opens says whether the session was begun for a community.
func (one Session) opens(c storage.Community) bool {
	return slices.Contains(one.Communities, c) || slices.Contains(one.Admin, c)
}

// End ends one of the actor's own sessions; NotFound.
func (s *Service) End(ctx context.Context, a Actor, id string) error {
	if !a.Known() {
		return a.Present()
	}
	if len(id) != sessionIDLength || !storage.IsBase62(id) { // "" would be all of them
		return NoSession()
	}
	n, err := s.Register.EndSession(ctx, a.GUID, id)
	if err != nil || n > 0 {
		return err
	}
	all, err := s.OpenSessions(ctx, a)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one Session) bool { return one.ID == id })
	if i < 0 {
		return NoSession()
	}
	_, err = s.Register.EndSession(ctx, all[i].GUID, id) // one that ended meanwhile is as it should be
	return err
}

// EndOthers ends all of the actor's sessions but the one that this is, and says how many.
func (s *Service) EndOthers(ctx context.Context, a Actor) (int, error) {
	all, err := s.OpenSessions(ctx, a)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, one := range all {
		if one.ID == a.Session {
			continue
		}
		n, err := s.Register.EndSession(ctx, one.GUID, one.ID)
		if err != nil {
			return ended, err
		}
		ended += n
	}
	return ended, nil
}

// NoSession is the answer for a session that is not there.
func NoSession() error { return fault.New(fault.NotFound, "there is no such session") }
