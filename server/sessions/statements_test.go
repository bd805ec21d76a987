package sessions_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/server/boot"
	"cameo/storage"
	"cameo/storage/sqldb/sqltest"
)

// statements counts what is asked of a database by statements that hold one of some words, and returns its address.
func statements(t *testing.T, words ...string) (*atomic.Int64, string) {
	t.Helper()
	server := sqltest.Shared(t)
	proxy := server.Proxy(t)
	var asked atomic.Int64
	proxy.Plan(func(r sqltest.Request) sqltest.Fault {
		about := func(word string) bool { return strings.Contains(r.SQL, word) }
		if !r.Prepares && slices.ContainsFunc(words, about) {
			asked.Add(1)
		}
		return sqltest.Fault{}
	})
	return &asked, proxy.Through(t, server.Database(t))
}

// Whoever is signed in costs one statement a request, however many communities there are, and no answer comes from memory.
func TestRightsCostOneStatementARequest(t *testing.T) {
	t.Parallel()
	asked, database := statements(t, "people p", "sessions s")
	h := open(t, func(c *boot.Config) { c.Database = database })
	s, token := h.begin(t), h.token(jane)
	const community = "/v1/communities/1"
	photo := community + "/users/" + string(jane) + "/photo"
	for _, c := range []struct {
		name, method, path, body, head string
		status                         int
		most                           int64
	}{
		{"a cookie", "GET", "/v1/session", "", s.cookie, http.StatusOK, 1},
		{"a cookie again", "GET", "/v1/session", "", s.cookie, http.StatusOK, 1},
		{"a token", "GET", "/v1/session", "", token, http.StatusOK, 1},
		{"a token again", "GET", "/v1/session", "", token, http.StatusOK, 1},
		{"an upload", "POST", attachments, entry, s.cookie, http.StatusCreated, 1},
		{"an upload by tus", "POST", community + "/tus/", "", s.cookie + "\nTus-Resumable: 1.0.0\nUpload-Length: 10\nUpload-Metadata: filename bWUucG5n", http.StatusCreated, 1},
		{"a resumable one", "POST", community + "/uploads", "", token + "\nUpload-Complete: ?0\nContent-Type: image/png", http.StatusCreated, 1},
		{"one's uploads", "GET", community + "/uploads", "", s.cookie, http.StatusOK, 1},
		{"a removal", "DELETE", photo, "", s.cookie, http.StatusNoContent, 1},
		{"a session that is over", "GET", "/v1/session", "", "X-Igloo-Auth: 11111111-2222-3333-4444-555555555555", http.StatusUnauthorized, 1},
		{"a stranger", "GET", "/v1/session", "", "X: x", http.StatusUnauthorized, 0},
	} {
		before := asked.Load()
		want[any](t, h.ask(t, c.method, c.path, c.body, strings.Split(c.head, "\n")...), c.status)
		if got := asked.Load() - before; got != c.most {
			t.Errorf("%s: %d statements asked for rights, want %d", c.name, got, c.most)
		}
	}
}

// An issuer may know many communities that are none here. Those who belong to them cost no more than others.
func TestCommunitiesElsewhereCostNothing(t *testing.T) {
	t.Parallel()
	asked, database := statements(t, "people", "communities")
	h := open(t, func(c *boot.Config) { c.Database = database })
	a := association.Actor{GUID: jane, Communities: []storage.Community{1}}
	for c := range storage.Community(20) {
		a.Communities = append(a.Communities, 100+c)
	}
	token := "Authorization: Bearer " + h.TokenOf(a)
	h.ask(t, "GET", "/v1/session", "", token)
	before := asked.Load()
	for range 10 {
		who := want[identity](t, h.ask(t, "GET", "/v1/session", "", token), http.StatusOK)
		if !slices.Equal(who.Communities, []int{1}) {
			t.Fatalf("got %v, want community 1 alone", who.Communities)
		}
	}
	// On a machine that is slow they may be looked for once more.
	if got := asked.Load() - before; got > 10+2*20 {
		t.Errorf("10 requests: got %d statements, want 10", got)
	}
}

// Whoever asks too often is refused before the directory is asked for them.
func TestWhoAsksTooOftenCostsNoStatement(t *testing.T) {
	t.Parallel()
	const quota = 10
	asked, database := statements(t, "people p")
	h := open(t, func(c *boot.Config) {
		c.Database, c.RatePerson.Quota, c.RatePerson.Window = database, quota, 24*time.Hour
	})
	token := h.token(jane)
	for range quota {
		want[any](t, h.ask(t, "GET", "/v1/session", "", token), http.StatusOK)
	}
	before := asked.Load()
	for range 5 {
		got := h.ask(t, "GET", "/v1/session", "", token)
		want[any](t, got, http.StatusTooManyRequests)
		want[any](t, h.ask(t, "POST", "/v1/session", "", token), http.StatusTooManyRequests)
	}
	if got := asked.Load() - before; got != 0 {
		t.Errorf("got %d statements for who is refused, want none", got)
	}
}
