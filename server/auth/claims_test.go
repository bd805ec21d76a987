package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/storage"
)

// The shapes in which issuers tell who somebody is, and what becomes of them.
func TestClaimsAreReadAsConfigured(t *testing.T) {
	t.Parallel()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	roles := func(names ...string) any { return map[string]any{"roles": names} }
	staff := []auth.Role{{Name: "staff", Community: 1}}
	chiefs := []auth.Role{{Name: "chief", Community: 1}, {Name: "chief", Community: 2}, {Name: "a lord", Community: 3}}
	type numbers = []storage.Community
	for _, test := range []struct {
		name    string
		mapping auth.Mapping // what is empty stays as it is by default
		claims  map[string]any
		members numbers
		admin   numbers
		void    bool // the token is refused
	}{
		{name: "a number", claims: map[string]any{"communities": 7}, members: numbers{7}},
		{name: "digits", claims: map[string]any{"communities": "7"}, members: numbers{7}},
		{name: "digits between spaces", claims: map[string]any{"admin": " 7  8 "}, admin: numbers{7, 8}},
		{name: "large", claims: map[string]any{"communities": int64(9007199254740993)}, members: numbers{9007199254740993}},
		{name: "nothing", claims: map[string]any{"communities": "", "admin": []any{}}},
		{name: "a role that nobody mapped", claims: map[string]any{"communities": "staff"}, void: true},
		{name: "null in an array", claims: map[string]any{"admin": []any{nil}}, void: true},
		{name: "an object in an array", claims: map[string]any{"admin": []any{map[string]any{"1": 1}}}, void: true},
		{name: "other names than configured", mapping: auth.Mapping{Communities: "c", Admin: "a"}, claims: map[string]any{"communities": []int{1}, "admin": []int{1}}},
		{name: "names in capitals", claims: map[string]any{"Communities": []int{1}, "ADMIN": []int{1}}},
		{
			name:    "Keycloak",
			mapping: auth.Mapping{Communities: "realm_access.roles", MemberRoles: staff, Admin: "realm_access.roles", AdminRoles: chiefs},
			claims:  map[string]any{"realm_access": roles("offline_access", "staff", "chief", "2")},
			members: numbers{1}, admin: numbers{1, 2},
		},
		{
			name:    "Keycloak, a client whose name has dots",
			mapping: auth.Mapping{Admin: "resource_access.photos.example.org.roles", AdminRoles: chiefs},
			claims:  map[string]any{"resource_access": map[string]any{"photos": "x", "photos.example.org": roles("a lord")}},
			admin:   numbers{3},
		},
		{
			name:    "Auth0",
			mapping: auth.Mapping{Admin: "https://cameo.example/admin"},
			claims:  map[string]any{"https://cameo.example/admin": []any{"4"}, "https://cameo": map[string]any{"example/admin": 5}},
			admin:   numbers{4},
		},
		{
			name:    "scopes",
			mapping: auth.Mapping{Communities: "scope", MemberRoles: staff, Admin: "scope", AdminRoles: chiefs},
			claims:  map[string]any{"scope": "openid staff chiefly"},
			members: numbers{1},
		},
		{
			name:    "a role in an array is not split",
			mapping: auth.Mapping{Admin: "roles", AdminRoles: chiefs},
			claims:  map[string]any{"roles": []any{"no chief"}},
		},
		{
			name:    "roles are told apart by case",
			mapping: auth.Mapping{Admin: "roles", AdminRoles: chiefs},
			claims:  map[string]any{"roles": []any{"Chief", "CHIEF"}},
		},
		{
			name:    "a community's number is no role",
			mapping: auth.Mapping{Admin: "roles", AdminRoles: chiefs},
			claims:  map[string]any{"roles": []any{"1", 1}},
		},
		{
			name:    "roles of a shape that is not known",
			mapping: auth.Mapping{Admin: "roles", AdminRoles: chiefs},
			claims:  map[string]any{"roles": map[string]any{"chief": true}}, void: true,
		},
		{
			name:    "everybody whom the issuer knows",
			mapping: auth.Mapping{Communities: "aud", MemberRoles: []auth.Role{{Name: authtest.Audience, Community: 9}}},
			members: numbers{9},
		},
		{
			name:    "a path through what is no object",
			mapping: auth.Mapping{Admin: "sub.admin"},
			claims:  map[string]any{"communities": 1},
			members: numbers{1},
		},
	} {
		config := configured(keys, issuer)
		config.Mapping = auth.DefaultMapping()
		if test.mapping.Communities != "" {
			config.Mapping.Communities, config.Mapping.MemberRoles = test.mapping.Communities, test.mapping.MemberRoles
		}
		if test.mapping.Admin != "" {
			config.Mapping.Admin, config.Mapping.AdminRoles = test.mapping.Admin, test.mapping.AdminRoles
		}
		verifier, err := auth.NewVerifier(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		good := with(issuer.Claims(string(jane), nil, nil), map[string]any{"communities": nil, "admin": nil})
		got, err := verifier.Verify(issuer.Token(authtest.EdDSA, with(good, test.claims)))
		if (err != nil) != test.void {
			t.Errorf("%s: got %v, want it void: %v", test.name, err, test.void)
		}
		want := association.Actor{GUID: jane, Communities: test.members, Admin: test.admin}
		if test.void {
			want = association.Actor{}
		}
		if diff := cmp.Diff(want, got, undated); diff != "" {
			t.Errorf("%s, want -, got +:\n%s", test.name, diff)
		}
	}
}

// A mapping is for the issuer's tokens: it changes nothing in what the instance's own say.
func TestOwnTokensAreReadAsEver(t *testing.T) {
	t.Parallel()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	config := configured(keys, issuer)
	config.Mapping = auth.Mapping{
		Subject: "who", Communities: "aud", Admin: "aud",
		AdminRoles: []auth.Role{{Name: auth.Audience, Community: 1}},
	}
	verifier, err := auth.NewVerifier(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	ours := issuer.Forge("HS256", nil, with(issuer.Claims(string(jane), []int64{5}, nil), map[string]any{
		"iss": keys.Issuer(), "aud": auth.Audience, "who": "somebody",
	}), keys.Signing)
	got, err := verifier.Verify(ours)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(association.Actor{GUID: jane, Communities: []storage.Community{5}}, got, undated); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// Whoever the issuer does not name by a GUID gets one: the very same at every node and in every version,
// since photos hang on it.
func TestSubjectsThatAreNoGUIDsGetOne(t *testing.T) {
	t.Parallel()
	issuer, keys := authtest.NewIssuer(t), newKeys(t)
	person := func(name, claim string, value any) association.GUID {
		config := configured(keys, issuer)
		config.Issuer, config.Mapping.Subject = name, claim
		verifier, err := auth.NewVerifier(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		claims := with(issuer.Claims("somebody", nil, nil), map[string]any{"iss": name, claim: value})
		actor, err := verifier.Verify(issuer.Token(authtest.ES256, claims))
		if err != nil {
			t.Errorf("%s of %s: %v", value, name, err)
		}
		return actor.GUID
	}
	const name, subject = "https://id.example.org/", "auth0|5f7c8ec7c33c6c004bbafe82"
	// Another program's uuid5(uuid5(NAMESPACE_URL, name), subject).
	const want association.GUID = "95805828-c1fa-581b-8f14-0d4af463ea4f"
	if got := person(name, "sub", subject); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for what, got := range map[string]association.GUID{
		"another subject":                  person(name, "sub", subject+"0"),
		"another case":                     person(name, "sub", "AUTH0|5f7c8ec7c33c6c004bbafe82"),
		"another issuer":                   person("https://id.example.com/", "sub", subject),
		"issuer and subject cut elsewhere": person("https://id.example.org", "sub", "/"+subject),
	} {
		if got == want || got == "" {
			t.Errorf("%s: got %q, want another person", what, got)
		}
	}
	if got := person(name, "oid", "6F9619FF-8B86-D011-B42D-00C04FC964FF"); got != jane {
		t.Errorf("a GUID in another claim: got %s, want %s", got, jane)
	}
}
