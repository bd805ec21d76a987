package boot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"cameo/association"
	"cameo/association/roster"
	"cameo/storage"
	"cameo/storage/fault"
)

// Names are those that a person has elsewhere, as flags give them; "" says nothing.
type Names struct {
	GigyaUID     string
	SalesforceID string
	Login        string
	Email        string
}

// parse reads them as a person's identities.
func (n Names) parse() ([]association.Identity, error) {
	var all []association.Identity
	for _, one := range []struct {
		flag   string
		system association.System
		text   string
	}{
		{"gigya-uid", association.Gigya, n.GigyaUID},
		{"salesforce-id", association.Salesforce, n.SalesforceID},
		{"login", association.Login, n.Login},
		{"email", association.Email, n.Email},
	} {
		if one.text == "" {
			continue
		}
		id, err := association.ParseIdentity(one.system, one.text)
		if err != nil {
			return nil, wrong(one.flag, fault.Public(err).Message)
		}
		all = append(all, id)
	}
	return all, nil
}

// People is the directory of one community, for whoever has a shell on the machine. Each deed is audited as
// cli's.
type People struct {
	service   *association.Service
	node      *Node
	community storage.Community
	operator  association.Actor
}

// ManagePeople lets work at the people of a community, which must be there. It may be called while servers
// run.
func ManagePeople(
	ctx context.Context, s Stores, community string, m Machine, work func(*People) error,
) error {
	c, err := parseCommunity(community)
	if err != nil {
		return err
	}
	return manage(ctx, s, m, func(n *Node) error {
		if _, err := n.Directory.Community(ctx, c); err != nil {
			return err
		}
		return work(&People{n.Photos, n, c, association.Operator(c)})
	})
}

// manage works with the services of a deployment that is there, without serving. Nobody is added by being
// mentioned: a GUID that was mistyped is nobody's.
func manage(ctx context.Context, s Stores, m Machine, work func(*Node) error) error {
	if err := cmp.Or(s.Check(), s.exists()); err != nil {
		return err
	}
	opened, err := openState(ctx, s, m)
	if err != nil {
		return err
	}
	m.Clock = opened.clock.Now
	cfg := Default()
	cfg.Stores, cfg.Directory = s, "closed"
	n := &Node{config: cfg, machine: m, state: opened}
	if err := n.store(); err != nil {
		return errors.Join(err, opened.Close())
	}
	n.associate()
	return errors.Join(work(n), opened.Close())
}

// Link gives a person names.
func (p *People) Link(ctx context.Context, user string, names Names) error {
	return p.each(user, names, func(g association.GUID, id association.Identity) error {
		return p.service.Link(ctx, p.operator, p.community, g, id)
	})
}

// Unlink takes names from a person.
func (p *People) Unlink(ctx context.Context, user string, names Names) error {
	return p.each(user, names, func(g association.GUID, id association.Identity) error {
		return p.service.Unlink(ctx, p.operator, p.community, g, id)
	})
}

func (p *People) each(user string, names Names, do func(association.GUID, association.Identity) error) error {
	g, err := parseUser("user", user)
	if err != nil {
		return err
	}
	ids, err := names.parse()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return fault.New(fault.Invalid, "want a name: --gigya-uid, --salesforce-id, --login or --email")
	}
	for _, id := range ids {
		if err := do(g, id); err != nil {
			return fmt.Errorf("%s: %w", id.System, err)
		}
	}
	return nil
}

// Merge makes a person another one. With theirs the photo of the one who goes is shown.
func (p *People) Merge(ctx context.Context, user, into string, theirs bool) error {
	from, err := parseUser("user", user)
	if err != nil {
		return err
	}
	to, err := parseUser("into", into)
	if err != nil {
		return err
	}
	return p.service.Merge(ctx, p.operator, p.community, from, to, theirs)
}

// Disable shuts a person out.
func (p *People) Disable(ctx context.Context, user string) error {
	g, err := parseUser("user", user)
	if err != nil {
		return err
	}
	return p.service.Disable(ctx, p.operator, p.community, g)
}

// Enable lets a person in again.
func (p *People) Enable(ctx context.Context, user string) error {
	g, err := parseUser("user", user)
	if err != nil {
		return err
	}
	return p.service.Enable(ctx, p.operator, p.community, g)
}

// Show writes a person as lists have them, in JSON. The person is named by GUID or else by a name elsewhere.
func (p *People) Show(ctx context.Context, user string, names Names, to io.Writer) error {
	g, err := p.find(ctx, user, names)
	if err != nil {
		return err
	}
	known, ids, err := p.service.ShowPerson(ctx, p.operator, p.community, g)
	if err != nil {
		return err
	}
	w, err := roster.NewWriter(roster.JSONL, to)
	if err != nil {
		return err
	}
	row := association.Row{Person: known.GUID, Name: known.Name, Identities: ids}
	return errors.Join(w.Write(row), w.Flush())
}

func (p *People) find(ctx context.Context, user string, names Names) (association.GUID, error) {
	ids, err := names.parse()
	if err != nil {
		return "", err
	}
	if (user == "") == (len(ids) == 0) || len(ids) > 1 {
		return "", fault.New(fault.Invalid,
			"want a GUID, or one name: --gigya-uid, --salesforce-id, --login or --email")
	}
	if user != "" {
		return parseUser("user", user)
	}
	known, err := p.service.Holder(ctx, p.community, ids[0])
	return known.GUID, err
}

// List writes a line for each person whose names hold the text: GUID, whether they are shut out, name.
func (p *People) List(ctx context.Context, text string, to io.Writer) error {
	const page = 500
	for after := association.GUID(""); ; {
		people, err := p.service.FindPeople(ctx, p.operator, p.community, text, after, page)
		if err != nil {
			return err
		}
		for _, one := range people {
			state := "active"
			if one.Disabled > 0 {
				state = "disabled"
			}
			if _, err := fmt.Fprintf(to, "%s\t%s\t%s\n", one.GUID, state, one.Name); err != nil {
				return err
			}
			after = one.GUID
		}
		if len(people) < page {
			return nil
		}
	}
}

func parseUser(flag, text string) (association.GUID, error) {
	g, err := association.ParseGUID(text)
	if err != nil {
		return "", wrong(flag, fault.Public(err).Message)
	}
	return g, nil
}
