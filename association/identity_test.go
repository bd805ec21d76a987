package association_test

import (
	"strings"
	"testing"

	"cameo/association"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

func TestParseIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		system      association.System
		text        string
		want, shown string // "" for Invalid
	}{
		{"a UID", association.Gigya, "_guid_Ab==", "_guid_Ab==", "_guid_Ab=="},
		{"a UID with spaces around", association.Gigya, " Ü\n", " Ü\n", " Ü\n"},
		{"the longest UID", association.Gigya, strings.Repeat("x", 256), strings.Repeat("x", 256), strings.Repeat("x", 256)},
		{"too long a UID", association.Gigya, strings.Repeat("ü", 129), "", ""},
		{"no UID", association.Gigya, "", "", ""},
		{"a UID that no database keeps", association.Gigya, "a\x00b", "", ""},
		{"a UID that is no text", association.Gigya, "a\xff", "", ""},
		{"15 characters", association.Salesforce, "0055g00000A1bCd", "0055g00000A1bCd", "0055g00000A1bCdAAJ"},
		{"18 characters", association.Salesforce, "0055g00000A1bCdAAJ", "0055g00000A1bCd", "0055g00000A1bCdAAJ"},
		{"a known pair", association.Salesforce, "005A0000006Vm9r", "005A0000006Vm9r", "005A0000006Vm9rIAC"},
		{"another case", association.Salesforce, "0055g00000a1bCdAAJ", "", ""},
		{"a wrong checksum", association.Salesforce, "0055g00000A1bCdAAK", "", ""},
		{"a contact", association.Salesforce, "0035g00000A1bCd", "", ""},
		{"16 characters", association.Salesforce, "0055g00000A1bCdA", "", ""},
		{"another letter", association.Salesforce, "0055g00000A1bCé", "", ""},
		{"a login", association.Login, "Jane Doe", "jane doe", "Jane Doe"},
		{"a login of spaces", association.Login, "  ", "", ""},
		{"a login with a line break", association.Login, "a\nb", "", ""},
		{"an address", association.Email, "Jane.Doe+x@Example.ORG", "jane.doe+x@example.org", "Jane.Doe+x@Example.ORG"},
		{"an address of no dot", association.Email, "root@localhost", "root@localhost", "root@localhost"},
		{"no at", association.Email, "jane", "", ""},
		{"two ats", association.Email, "a@b@c", "", ""},
		{"a name beside it", association.Email, "Jane <jane@example.org>", "", ""},
		{"a comment", association.Email, "jane@example.org(x)", "", ""},
		{"a header behind it", association.Email, "jane@example.org\r\nBcc: x@y.z", "", ""},
		{"too long an address", association.Email, strings.Repeat("x", 251) + "@y.z", "", ""},
		{"no system", "facebook", "x", "", ""},
	} {
		got, err := association.ParseIdentity(c.system, c.text)
		if c.want == "" {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: got %+v (%v), want invalid", c.name, got, err)
			}
			continue
		}
		if want := (association.Identity{System: c.system, Name: c.want, Shown: c.shown}); err != nil || got != want {
			t.Errorf("%s: got %+v (%v), want %+v", c.name, got, err, want)
		}
	}
}

func identity(t *testing.T, system association.System, text string) association.Identity {
	t.Helper()
	id, err := association.ParseIdentity(system, text)
	must(t, err)
	return id
}

func TestANameIsOnePersons(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h, ctx, admin := build(t, db, nil), t.Context(), administrator()
		uid, mail := identity(t, association.Gigya, "UID"), identity(t, association.Email, "Jane@Example.org")
		must(t, h.service.Link(ctx, admin, here, jane, uid))
		must(t, h.service.Link(ctx, admin, here, jane, uid))
		must(t, h.service.Link(ctx, admin, here, jane, mail))

		err := h.service.Link(ctx, admin, here, john, identity(t, association.Email, "jANE@example.ORG"))
		wantKind(t, err, fault.Exists)
		if strings.Contains(err.Error(), string(jane)) {
			t.Errorf("%v: names the person who has it", err)
		}
		must(t, h.service.Link(ctx, admin, here, john, identity(t, association.Gigya, "uid"))) // another case is another UID
		must(t, h.service.Link(ctx, association.Operator(away), away, john, uid))              // and a community another world

		for _, c := range []struct {
			id   association.Identity
			want association.GUID
		}{{uid, jane}, {identity(t, association.Gigya, "uid"), john}, {mail, jane}} {
			if p, err := h.service.Holder(ctx, here, c.id); err != nil || p.GUID != c.want {
				t.Errorf("%s is %s's (%v), want %s's", c.id, p.GUID, err, c.want)
			}
		}
		must(t, h.service.Unlink(ctx, admin, here, john, uid)) // not john's: jane keeps it
		if p, err := h.service.Holder(ctx, here, uid); err != nil || p.GUID != jane {
			t.Errorf("taken from %s (%v) through another person", p.GUID, err)
		}
		must(t, h.service.Unlink(ctx, admin, here, jane, uid))
		_, err = h.service.Holder(ctx, here, uid)
		wantKind(t, err, fault.NotFound)
		must(t, h.service.Link(ctx, admin, here, john, uid))

		for name, err := range map[string]error{
			"a member links":    h.service.Link(ctx, member(jane), here, jane, identity(t, association.Gigya, "new")),
			"a member unlinks":  h.service.Unlink(ctx, member(jane), here, jane, mail),
			"a member disables": h.service.Disable(ctx, member(jane), here, john),
			"a member merges":   h.service.Merge(ctx, member(jane), here, john, jane, false),
			"a member renames":  h.service.Rename(ctx, member(jane), here, jane, "x"),
		} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: got %v, want Forbidden", name, err)
			}
		}
	})
}
