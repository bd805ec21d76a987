package association_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// The policy is the one that the document shows, word for word.
func TestThePolicyIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/security.md")
	must(t, err)
	var head []string
	for _, r := range association.Roles() {
		head = append(head, r.String())
	}
	want := fmt.Sprintf("| action | %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)+1))
	for _, a := range association.Actions() {
		row := []string{a.String()}
		for _, r := range association.Roles() {
			row = append(row, association.Decide(a, r).String())
		}
		want += "| " + strings.Join(row, " | ") + " |\n"
	}
	if !strings.Contains(string(text), want) {
		t.Errorf("docs/security.md does not hold this table:\n%s", want)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	one, two := []storage.Community{here}, []storage.Community{away}
	for _, c := range []struct {
		name string
		a    association.Actor
		want association.Role // to jane's things
		kind fault.Kind       // when they would use jane's upload
	}{
		{"nobody", association.Actor{}, association.Stranger, fault.Unauthenticated},
		{"rights without a name", association.Actor{Admin: one}, association.Stranger, fault.Unauthenticated},
		{"of nothing", association.Actor{GUID: jane}, association.Outsider, fault.NotFound},
		{"of another community", association.Actor{GUID: jane, Communities: two}, association.Outsider, fault.NotFound},
		{"administrator of another", association.Actor{GUID: root, Communities: nil, Admin: two}, association.Outsider, fault.NotFound},
		{"disabled", association.Actor{GUID: jane, Communities: one, Disabled: one}, association.Disabled, fault.Forbidden},
		{"disabled administrator", association.Actor{GUID: root, Admin: one, Disabled: one}, association.Disabled, fault.Forbidden},
		{"disabled elsewhere", association.Actor{GUID: jane, Communities: one, Disabled: two}, association.Owner, 0},
		{"another", member(john), association.Other, fault.NotFound},
		{"herself", member(jane), association.Owner, 0},
		{"merged into her", association.Actor{GUID: john, Communities: one, Merged: map[storage.Community]association.GUID{here: jane}}, association.Owner, 0},
		{"merged into another, of whom jane is a name", association.Actor{GUID: jane, Communities: one, Merged: map[storage.Community]association.GUID{here: john}}, association.Owner, 0},
		{"administrator", administrator(), association.Administrator, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.a.Role(here, jane); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			wantKind(t, c.a.May(association.UseUpload, here, jane), c.kind)
		})
	}
}
