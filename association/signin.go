package association

import (
	"context"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// Secrets know what people sign in with, as far as it is kept here.
type Secrets interface {
	// FindCommunity returns the community that is called name, in any case, and the only one by ""; else
	// NotFound.
	FindCommunity(ctx context.Context, name string) (storage.Community, error)
	// CheckPassword returns whose name and password these are. An unknown community or name and a wrong
	// password are the same Unauthenticated, and take as long.
	CheckPassword(ctx context.Context, c storage.Community, name, password string) (GUID, error)
	// AddLink keeps a link under its secret.
	AddLink(ctx context.Context, secret string, l Link) error
	// TakeLink returns the link that is good at now, and forgets it; NotFound. Of many who take it, one gets it.
	TakeLink(ctx context.Context, secret string, now storage.Millis) (Link, error)
	// FirstAdministrator returns who has administered the community for longest; NotFound.
	FirstAdministrator(ctx context.Context, c storage.Community) (GUID, error)
	// Forget drops links and sessions that are over at now, and sessions that were used last before idle.
	Forget(ctx context.Context, now, idle storage.Millis) error
}

// Link is what signs a person in once, until it expires.
type Link struct {
	Community storage.Community
	GUID      GUID
	Expires   storage.Millis
}

const (
	linkLife   = time.Hour
	linkLength = 32 // base62 characters
)

// Place finds the community in which somebody signs in. One that is not there is 0.
type Place func(ctx context.Context) (storage.Community, error)

// onTurn is the key of what WithTurn leaves.
type onTurn struct{}

// WithTurn lets SignIn ask whether this one may still be let in, when it is their turn: while they waited,
// others may have guessed so often that nobody else may. An error is SignIn's.
func WithTurn(ctx context.Context, ask func() error) context.Context {
	return context.WithValue(ctx, onTurn{}, ask)
}

// SignIn is the actor whose name and password these are; Unauthenticated, and TooMany when too many sign in
// at once. Nothing is asked of the database before it is this one's turn.
func (s *Service) SignIn(ctx context.Context, in Place, name, password string) (Actor, error) {
	leave, err := s.passwords.take(ctx)
	if err != nil {
		return Actor{}, err
	}
	defer leave()
	if ask, ok := ctx.Value(onTurn{}).(func() error); ok {
		if err := ask(); err != nil {
			return Actor{}, err
		}
	}
	c, err := in(ctx)
	if err != nil {
		return Actor{}, err
	}
	person, err := s.Secrets.CheckPassword(ctx, c, name, password)
	if err != nil {
		return Actor{}, err
	}
	return s.Arrive(ctx, Actor{GUID: person, Communities: []storage.Community{c}})
}

// InTurn does what hashes a password that somebody has chosen: it costs as much as a check, and takes turns
// with those who sign in; TooMany when they are too many.
func (s *Service) InTurn(ctx context.Context, hash func(context.Context) error) error {
	leave, err := s.passwords.take(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return hash(ctx)
}

// NewLink returns the secret of a link that signs a person in, once and within an hour. It is told once and
// kept nowhere. Somebody whom the community does not know is NotFound.
func (s *Service) NewLink(ctx context.Context, c storage.Community, person GUID) (string, error) {
	if _, err := s.Directory.Person(ctx, c, person); err != nil {
		return "", err
	}
	secret, err := storage.DrawBase62(s.Random, linkLength)
	if err != nil {
		return "", err
	}
	return secret, s.Secrets.AddLink(ctx, secret, Link{c, person, s.Clock().Add(linkLife)})
}

// FollowLink is the actor whom a link signs in, from a network address. The link is used up; one that is not
// good is Gone.
func (s *Service) FollowLink(ctx context.Context, secret, address string) (in Actor, err error) {
	err = s.Audited(ctx, Actor{Address: address}, func(ctx context.Context) (Entry, error) {
		l, err := s.Secrets.TakeLink(ctx, secret, s.Clock())
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.Gone, "this link has been used already, or it is too old")
		}
		if err != nil {
			return Entry{}, err
		}
		in, err = s.Arrive(ctx, Actor{GUID: l.GUID, Communities: []storage.Community{l.Community}})
		if err != nil || !in.Member(l.Community) { // shut out: the link is used up, and nobody signs in
			return Entry{}, err
		}
		who := in.In(l.Community)
		return Entry{Community: l.Community, Actor: who, Action: SignedIn, Person: who}, nil
	})
	return in, err
}
