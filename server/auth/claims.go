package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"cameo/association"
	"cameo/storage"
)

// maxSubject is how long an issuer's name for a person may be, in bytes: OpenID Connect allows 255.
const maxSubject = 255

// Mapping says where an issuer's tokens tell who their bearer is. A name such as realm_access.roles leads
// into objects, unless there is a claim with just that name. A claim's value is a number, a string with
// words between spaces, or an array of numbers and strings; one that is not there names nothing.
type Mapping struct {
	Subject     string // the claim that names the person
	Communities string // the claim that lists the communities of which the person is a member
	Admin       string // the claim that lists those in which the person administers

	// The roles that give membership and administration. With some, the claim is a list of roles, of which
	// these alone count; without, it lists community keys and anything else makes the token void.
	MemberRoles, AdminRoles []Role
}

// Role is what an issuer calls those who belong to a community, or administer it.
type Role struct {
	Name      string
	Community storage.Community
}

// DefaultMapping is how the instance's own tokens are read: sub, communities and admin.
func DefaultMapping() Mapping {
	return Mapping{Subject: "sub", Communities: "communities", Admin: "admin"}
}

// Validate says which name is missing.
func (m Mapping) Validate() error {
	if m.Subject == "" || m.Communities == "" || m.Admin == "" {
		return errors.New("--claim-subject, --claim-communities and --claim-admin: want the name of a claim")
	}
	return nil
}

// actor is the person of whom the claims of one of issuer's tokens speak. The instance's own tokens have no
// issuer: their subject must be a GUID.
func (m Mapping) actor(c jwt.MapClaims, issuer string) (association.Actor, error) {
	subject, err := m.subject(c)
	if err != nil {
		return association.Actor{}, err
	}
	guid, err := association.ParseGUID(subject)
	if err != nil && issuer != "" {
		guid, err = derivedGUID(issuer, subject), nil
	}
	if err != nil {
		return association.Actor{}, err
	}
	members, err := listed(c, m.Communities, m.MemberRoles)
	if err != nil {
		return association.Actor{}, err
	}
	admin, err := listed(c, m.Admin, m.AdminRoles)
	if err != nil {
		return association.Actor{}, err
	}
	return association.Actor{GUID: guid, Communities: members, Admin: admin}, nil
}

// subject is the issuer's own name for the person.
func (m Mapping) subject(c jwt.MapClaims) (string, error) {
	subject, ok := find(c, m.Subject).(string)
	if !ok || subject == "" || len(subject) > maxSubject {
		return "", fmt.Errorf("%s is not a text of 1 to %d bytes", m.Subject, maxSubject)
	}
	return subject, nil
}

// derivedGUID is the GUID of a person whom the issuer does not name by one: the same at every node and for
// ever, and another one for another issuer's person of the same name (UUID version 5, RFC 9562).
func derivedGUID(issuer, subject string) association.GUID {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte(issuer))
	return association.GUID(uuid.NewSHA1(space, []byte(subject)).String())
}

// listed are the communities that a claim lists, or that the roles in it stand for.
func listed(c jwt.MapClaims, name string, roles []Role) ([]storage.Community, error) {
	all, err := words(find(c, name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var communities []storage.Community
	for _, word := range all {
		if len(roles) > 0 {
			communities = append(communities, granted(roles, word)...)
			continue
		}
		one, err := storage.ParseCommunity(word)
		if err != nil {
			return nil, fmt.Errorf("%s: want community keys: %w", name, err)
		}
		communities = append(communities, one)
	}
	return communities, nil
}

// granted are the communities for which a role stands.
func granted(roles []Role, name string) []storage.Community {
	var communities []storage.Community
	for _, role := range roles {
		if role.Name == name {
			communities = append(communities, role.Community)
		}
	}
	return communities
}

// find looks a claim up. The whole name comes first: the dots of a name such as https://example.org/roles
// lead nowhere. nil: there is none.
func find(c map[string]any, name string) any {
	if value, ok := c[name]; ok {
		return value
	}
	for i, sign := range name {
		if inner, ok := c[name[:i]].(map[string]any); ok && sign == '.' {
			if value := find(inner, name[i+1:]); value != nil {
				return value
			}
		}
	}
	return nil
}

// words are the entries of a claim. Only a text on its own is split: a role in an array may hold spaces.
func words(value any) ([]string, error) {
	switch value := value.(type) {
	case nil:
		return nil, nil
	case json.Number:
		return []string{value.String()}, nil
	case string:
		return strings.Fields(value), nil
	case []any:
		all := make([]string, 0, len(value))
		for _, one := range value {
			switch one := one.(type) {
			case json.Number:
				all = append(all, one.String())
			case string:
				all = append(all, one)
			default:
				return nil, errors.New("want an array of numbers and texts")
			}
		}
		return all, nil
	}
	return nil, errors.New("want a number, a text or an array of them")
}
