package servertest

import (
	"fmt"
	"net/http"
	"testing"

	"cameo/association"
	"cameo/storage"
)

// Story tells what people do with an instance, in steps that read like the feature:
//
//	s := servertest.Tell(t, servertest.Start(t))
//	s.As("jane").Create("me.png", 4000).Send(0, 1000).Drop().WantOffset(1000).Send(1000, 4000).
//		Associate("jane").WantPhoto("me.png")
//
// Every request and answer is held against the description of the interface. A step that is refused ends the
// test, unless WantRefused follows it.
type Story struct {
	*Instance
	t      testing.TB
	client *http.Client
	people map[string]*Actor
}

// Tell begins a story in community 1.
func Tell(t testing.TB, i *Instance) *Story {
	t.Helper()
	transport := &http.Transport{}
	contract, err := NewContract(transport)
	if err != nil {
		t.Fatal(err)
	}
	s := &Story{Instance: i, t: t, client: &http.Client{Transport: contract}, people: map[string]*Actor{}}
	t.Cleanup(func() {
		s.drop()
		for _, a := range s.people {
			a.claim()
		}
	})
	return s
}

// As is the person of that name, who is a member of the community.
func (s *Story) As(name string) *Actor { return s.actor(name) }

// AsAdministrator is the person of that name, who administers the community.
func (s *Story) AsAdministrator(name string) *Actor { return s.actor(name, 1) }

// AsStranger is somebody without a token.
func (s *Story) AsStranger() *Actor {
	a := s.actor("stranger")
	a.token = ""
	return a
}

func (s *Story) actor(name string, admin ...storage.Community) *Actor {
	s.t.Helper()
	a, ok := s.people[name]
	if !ok {
		a = &Actor{s: s, t: s.t, name: name, guid: Person(name)}
		s.people[name] = a
	}
	a.token = s.Token(a.guid, admin...)
	return a
}

// Restart stops the instance and starts it again: what was acknowledged must still be there.
func (s *Story) Restart() *Story {
	s.t.Helper()
	s.drop()
	s.Instance.Restart()
	return s
}

func (s *Story) drop() { s.client.CloseIdleConnections() }

// Actor is one person of a story, and what they have at hand: an attachment, its file, and the answer to the
// last step.
type Actor struct {
	s     *Story
	t     testing.TB
	name  string
	guid  association.GUID
	token string

	key    storage.Key
	upload file
	last   reply
	refuse string // the last step was refused, and nobody has said that this is right
}

// file is what an actor uploads.
type file struct {
	name, kind string
	bytes      []byte
}

// reply is the answer to a step.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// Key is that of the attachment at hand.
func (a *Actor) Key() storage.Key { return a.key }

// Name is the person's.
func (a *Actor) Name() string { return a.name }

// Take makes the other's attachment the one at hand.
func (a *Actor) Take(other *Actor) *Actor {
	a.key, a.upload = other.key, other.upload
	return a
}

// Drop breaks the line: all connections are closed.
func (a *Actor) Drop() *Actor {
	a.s.drop()
	return a
}

// claim fails the test if a refusal was not expected.
func (a *Actor) claim() {
	a.t.Helper()
	if refused := a.refuse; refused != "" {
		a.refuse = ""
		a.t.Errorf("%s was refused: %s", a.name, refused)
	}
}

// WantRefused says that the last step is to be refused with this status.
func (a *Actor) WantRefused(status int) *Actor {
	a.t.Helper()
	a.refuse = ""
	if a.last.status != status {
		a.t.Fatalf("%s: got status %d, want %d: %s", a.name, a.last.status, status, a.last.body)
	}
	return a
}

// took notes the answer of a step.
func (a *Actor) took(what string, got reply) *Actor {
	a.last = got
	if got.status >= http.StatusBadRequest {
		a.refuse = fmt.Sprintf("%s: %d %s", what, got.status, got.body)
	}
	return a
}
