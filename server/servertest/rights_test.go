package servertest_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"cameo/association"
	"cameo/docs/api"
	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// visitor is somebody who asks, and what they are to things of community 1: their own, and john's.
type visitor struct {
	name          string
	own, foreign  association.Role
	claims        association.Actor
	thingsOfTheir bool // there are things of their own
}

// visitors are one of each kind.
func visitors() []visitor {
	in := func(name string, member, admin []storage.Community) association.Actor {
		return association.Actor{GUID: servertest.Person(name), Communities: member, Admin: admin}
	}
	one, two := []storage.Community{1}, []storage.Community{2}
	return []visitor{
		{"anonymous", association.Stranger, association.Stranger, association.Actor{}, false},
		{"member", association.Owner, association.Other, in("jane", one, nil), true},
		{"administrator", association.Administrator, association.Administrator, in("root", nil, one), true},
		{"member of another community", association.Outsider, association.Outsider, in("away", two, nil), false},
		{"administrator of another community", association.Outsider, association.Outsider, in("chief", nil, two), false},
		{"disabled", association.Disabled, association.Disabled, in("mallory", one, nil), true},
		{"disabled administrator", association.Disabled, association.Disabled, in("judas", nil, one), true},
	}
}

// house is an instance with things of everybody.
type house struct {
	*testing.T
	at   *servertest.Instance
	root *caller
	db   *sqldb.DB

	// What is made once and used until somebody may have changed it, by the person's name.
	photos   map[string]string // versions
	uploads  map[string]string // keys
	sessions map[string]string // keys

	nobodies int // people who were made up
}

// A15: each route, asked by everybody, of their own things, another's, and what is not there, does what the
// policy says: with a token and with a session.
func TestRights(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	h := &house{
		T: t, at: i, root: callInstance(t, i), db: sqltest.SQLiteAt(t, filepath.Join(i.Data, "cameo.db")),
		photos: map[string]string{}, uploads: map[string]string{}, sessions: map[string]string{},
	}
	h.root.token = i.Token(servertest.Person("root"), 1)
	if err := i.Node().Directory.AddCommunity(t.Context(), 2, "Away"); err != nil {
		t.Fatal(err)
	}
	if err := i.Node().Directory.Ensure(t.Context(), 1, servertest.Person("zoe")); err != nil {
		t.Fatal(err)
	}
	unsaid, gone := unmatched(described(t))
	for _, route := range unsaid {
		t.Errorf("%s: nobody has said who may ask there: see rights", route)
	}
	for _, route := range gone {
		t.Errorf("%s is no route", route)
	}
	for _, who := range visitors() {
		for _, session := range []bool{false, true} {
			if session && who.claims.GUID == "" {
				continue
			}
			h.each(who, session)
		}
	}
}

// A route that nobody has said anything of fails TestRights, and so does one that is no more.
func TestRightsKnowEachRoute(t *testing.T) {
	t.Parallel()
	routes := described(t)
	last := routes[len(routes)-1]
	unsaid, gone := unmatched(append(routes[:len(routes)-1], "GET /v1/new"))
	if !slices.Equal(unsaid, []string{"GET /v1/new"}) || !slices.Equal(gone, []string{last}) {
		t.Errorf("got %q unsaid and %q gone, want the new route and %s", unsaid, gone, last)
	}
}

// unmatched are the routes of which rights say nothing, and the routes in rights that are none.
func unmatched(routes []string) (unsaid, gone []string) {
	for _, route := range routes {
		if len(rights[route]) == 0 {
			unsaid = append(unsaid, route)
		}
	}
	for _, route := range slices.Sorted(maps.Keys(rights)) {
		if !slices.Contains(routes, route) {
			gone = append(gone, route)
		}
	}
	return unsaid, gone
}

// described are all routes, in order.
func described(t *testing.T) []string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// each lets somebody ask at all routes.
func (h *house) each(who visitor, session bool) {
	h.Helper()
	for _, route := range slices.Sorted(maps.Keys(rights)) {
		for _, r := range rights[route] {
			for _, whose := range []string{"own", "foreign", "missing"} {
				if whose == "own" && !who.thingsOfTheir || r.on <= ofSelf && whose != "foreign" {
					continue
				}
				h.try(who, session, route, r, whose)
			}
		}
	}
}

// try asks once, and wants what the policy says.
func (h *house) try(who visitor, session bool, route string, r right, whose string) {
	h.Helper()
	role := map[string]association.Role{"own": who.own, "foreign": who.foreign, "missing": who.foreign}[whose]
	method, path, _ := strings.Cut(route, " ")
	for name, value := range r.path {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	fill := h.things(who, r, whose, path+r.query+r.body)
	header := h.credentials(who, session)
	maps.Copy(header, r.header)
	if r.on == ofCommunity && whose == "missing" {
		path = strings.ReplaceAll(path, "{communityKey}", "77")
	}
	nobody := *h.root
	nobody.token = ""
	got := nobody.ask(method, fill.Replace(path+r.query), header, []byte(fill.Replace(r.body)))
	if fails, ok := r.by[shows(who, session)]; ok {
		r.fails = fails
	}
	want := h.want(r, role, whose)
	if fine := got.status < 400; want == 0 && !fine || want != 0 && got.status != want {
		h.Errorf("%s as %s (session: %v), %s thing: got %d, want %d (0 is below 400): %.200s",
			route, who.name, session, whose, got.status, want, got.body)
	}
	if got.status >= 400 || harmless(method) {
		return
	}
	clear(h.uploads)
	if strings.Contains(path, "session") || strings.Contains(path, "signout") {
		clear(h.sessions)
	}
	if method == http.MethodDelete && strings.HasSuffix(path, "/photo") {
		clear(h.photos)
	}
}

// harmless says whether a method changes nothing.
func harmless(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// shows is what somebody shows of who they are.
func shows(who visitor, session bool) string {
	switch {
	case who.claims.GUID == "":
		return "nothing"
	case session:
		return "session"
	}
	return "token"
}

// want is the status that the policy asks for; 0 is any that is no refusal.
func (h *house) want(r right, role association.Role, whose string) int {
	if r.on == ofNobody {
		return r.fails
	}
	if r.on == ofSelf && role != association.Stranger && role != association.Disabled {
		role = association.Owner
	}
	switch association.Decide(r.do, role) {
	case association.SignIn:
		return http.StatusUnauthorized
	case association.Refuse:
		if r.hidden && whose == "missing" && (role == association.Other || r.on == ofCommunity) {
			return http.StatusNotFound
		}
		return http.StatusForbidden
	case association.Hide:
		return http.StatusNotFound
	}
	switch {
	case whose != "missing":
		return r.fails
	case r.missing == http.StatusOK:
		return 0
	case r.missing != 0:
		return r.missing
	}
	return http.StatusNotFound
}

// credentials are a token, or a session's cookie; nothing for a stranger. Who is disabled was so after both.
func (h *house) credentials(who visitor, session bool) http.Header {
	h.Helper()
	if who.claims.GUID == "" {
		return http.Header{}
	}
	if !session {
		return http.Header{"Authorization": {"Bearer " + h.at.TokenOf(who.claims)}}
	}
	name := h.nameOf(who)
	if h.sessions[name] == "" {
		h.asEnabled(who, func() { h.sessions[name] = h.open(who.claims) })
	}
	return http.Header{"Cookie": {"iglooauth=" + h.sessions[name]}}
}

// open begins a session and returns its key.
func (h *house) open(claims association.Actor) string {
	h.Helper()
	ctx, people := h.Context(), h.at.Node().Photos
	a, err := people.Arrive(ctx, claims)
	if err != nil {
		h.Fatal(err)
	}
	key, _, err := people.Open(ctx, a, association.ViaToken, "test", "127.0.0.1")
	if err != nil {
		h.Fatal(err)
	}
	return key
}

// asEnabled does something for which somebody who is shut out is let in.
func (h *house) asEnabled(who visitor, do func()) {
	h.Helper()
	if who.own == association.Disabled {
		h.disable(who, 0)
		defer h.disable(who, 5)
	}
	do()
}

// disable shuts somebody out of community 1, or lets them in again.
func (h *house) disable(who visitor, since int) {
	h.Helper()
	_, err := h.db.Exec(h.Context(), `UPDATE people SET disabled = $1 WHERE guid = $2`, since, who.claims.GUID)
	if err != nil {
		h.Fatal(err)
	}
}

// things fills a route's text with what it is about: of the visitor, of john, or of nobody.
func (h *house) things(who visitor, r right, whose, text string) *strings.Replacer {
	h.Helper()
	h.nobodies++ // the one before may have become somebody
	nobody := fmt.Sprint("nobody ", h.nobodies)
	owner := map[string]string{"own": h.nameOf(who), "foreign": "john", "missing": nobody}[whose]
	key, version, own := "0000000000", strings.Repeat("0", 12), "0000000000"
	h.asEnabled(who, func() { // the things are of before
		if r.on == ofUpload && whose != "missing" {
			if key = h.upload(owner); r.shown {
				h.root.present(owner, key)
				h.root.photoOf(owner)
			}
		}
		if (r.on == ofPerson || r.on == ofNobody) && whose != "missing" {
			version = h.photo(owner)
		}
		if strings.Contains(text, "{ownkey}") && who.thingsOfTheir {
			own = h.upload(h.nameOf(who))
		}
	})
	return strings.NewReplacer(
		"{communityKey}", "1", "{attachmentKey}", key, "{uploadKey}", key, "{sessionId}", "000000000000", "{objectId}", string(servertest.Person(owner)),
		"{version}", version, "{size}", "64", "{name}", "me.png", "{script}", "cameo.js",
		"{self}", cmp.Or(string(who.claims.GUID), string(servertest.Person(nobody))), "{ownkey}", own,
	)
}

// nameOf is the name that an visitor's GUID is made of.
func (h *house) nameOf(who visitor) string {
	for _, name := range []string{"jane", "root", "away", "chief", "mallory", "judas"} {
		if servertest.Person(name) == who.claims.GUID {
			return name
		}
	}
	return "nobody"
}

// upload is the key of a finished upload of a person.
func (h *house) upload(name string) string {
	h.Helper()
	if h.uploads[name] != "" {
		return h.uploads[name]
	}
	who := visitor{claims: association.Actor{GUID: servertest.Person(name), Communities: []storage.Community{1}}}
	owner := *h.root
	owner.token = h.at.TokenOf(who.claims)
	h.uploads[name] = owner.upload("image/png", servertest.Picture("me.png", 1000))
	return h.uploads[name]
}

// photo is the version of a person's photo, which is shown.
func (h *house) photo(name string) string {
	h.Helper()
	if h.photos[name] == "" {
		h.photos[name] = h.root.show(name, "image/png", servertest.Picture("me.png", 1000)).Version
	}
	return h.photos[name]
}
