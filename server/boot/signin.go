package boot

import (
	"context"
	"net"
	"strings"

	"github.com/google/uuid"

	"cameo/association"
	"cameo/association/directory"
	"cameo/storage"
	"cameo/storage/fault"
)

// firstCommunity exists in every new database.
const firstCommunity = storage.Community(1)

// linkPath is where a link that signs somebody in once leads to.
const linkPath = "/signin/link?token="

// Visitor says for whom a link is made.
type Visitor struct {
	Community string // in digits
	User      string // a GUID; "" is the community's first administrator
	Server    string // the URL of the service
}

// SignInLink returns the address of a link that signs a person in, once and within an hour. It may be called
// while a server runs.
func SignInLink(ctx context.Context, s Stores, v Visitor, m Machine) (string, error) {
	c, err := parseCommunity(v.Community)
	if err != nil {
		return "", err
	}
	if v.User != "" {
		if err := CheckPerson("user", v.User); err != nil {
			return "", err
		}
	}
	secret := ""
	err = administer(ctx, s, m, func(d *directory.Directory) error {
		people := association.NewService(association.Config{
			Directory: d, Register: d, Secrets: d, Clock: m.Clock, Random: m.Random,
		})
		person, err := d.FirstAdministrator(ctx, c)
		if v.User != "" {
			person, err = association.ParseGUID(v.User)
		}
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "nobody administers the community: name a person by --user")
		}
		if err != nil {
			return err
		}
		secret, err = people.NewLink(ctx, c, person)
		return err
	})
	return strings.TrimSuffix(v.Server, "/") + linkPath + secret, err
}

// invitation says how to sign in as the first administrator, where this machine is the whole instance and
// nobody else says who administers it, and who that is; "" elsewhere. The first start makes that person.
// Later starts say it again with the hints alone: what they print may be kept in a log.
func (n *Node) invitation(ctx context.Context) (text string, person association.GUID, err error) {
	if !n.config.alone() {
		return "", "", nil
	}
	person, made, err := n.firstAdministrator(ctx)
	if err != nil || !made && !n.config.Hints {
		return "", person, err
	}
	secret, err := n.Photos.NewLink(ctx, firstCommunity, person)
	if err != nil {
		return "", "", err
	}
	link := n.publicURL() + linkPath + secret
	return "sign in as the administrator, once and within an hour: " + link + "\n", person, nil
}

// firstAdministrator returns who has administered the first community for longest. If nobody does, it makes
// somebody, and says so: one person, however many programs start at once.
func (n *Node) firstAdministrator(ctx context.Context) (person association.GUID, made bool, err error) {
	id, err := uuid.NewRandomFromReader(n.machine.Random)
	if err != nil {
		return "", false, fault.Wrap(err, fault.Internal, "no randomness")
	}
	operator := association.Operator()
	err = n.Photos.Audited(ctx, operator, func(ctx context.Context) (_ association.Entry, err error) {
		person, err = n.Directory.FirstAdministrator(ctx, firstCommunity)
		if made = fault.Is(err, fault.NotFound); !made {
			return association.Entry{}, err
		}
		person = association.GUID(id.String())
		done := association.Entry{Community: firstCommunity, Action: association.Appointed, Person: person}
		return done, n.Directory.Appoint(ctx, firstCommunity, person, "Administrator")
	})
	return person, made, err
}

// publicURL is the address that people use.
func (n *Node) publicURL() string {
	if len(n.config.PublicURL) > 0 {
		return string(n.config.PublicURL[0])
	}
	return n.URL()
}

// alone says whether this machine alone is the instance: nobody else can reach it, and no issuer says who
// administers.
func (c Config) alone() bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && loopback(host) && c.Database == "" && c.JWTIssuer == ""
}
