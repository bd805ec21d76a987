package sessions_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cameo/server/boot"
	"cameo/storage/sqldb/sqltest"
)

// Whoever is signed in costs one statement a request, however many communities there are, and no answer comes from memory.
func TestRightsCostOneStatementARequest(t *testing.T) {
	t.Parallel()
	server := sqltest.Shared(t)
	proxy := server.Proxy(t)
	var asked atomic.Int64
	proxy.Plan(func(r sqltest.Request) sqltest.Fault {
		rights := strings.Contains(r.SQL, "people p") || strings.Contains(r.SQL, "sessions s")
		if !r.Prepares && rights {
			asked.Add(1)
		}
		return sqltest.Fault{}
	})
	h := open(t, func(c *boot.Config) { c.Database = proxy.Through(t, server.Database(t)) })
	s, token := h.begin(t), h.token(jane)
	photo := "/v1/communities/1/users/" + string(jane) + "/photo"
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
		{"a removal", "DELETE", photo, "", s.cookie, http.StatusNoContent, 1},
		{"a session that is over", "GET", "/v1/session", "", "X-Igloo-Auth: 11111111-2222-3333-4444-555555555555", http.StatusUnauthorized, 1},
		{"a stranger", "GET", "/v1/session", "", "X: x", http.StatusUnauthorized, 0},
	} {
		before := asked.Load()
		want[any](t, h.ask(t, c.method, c.path, c.body, c.head), c.status)
		if got := asked.Load() - before; got != c.most {
			t.Errorf("%s: %d statements asked for rights, want %d", c.name, got, c.most)
		}
	}
}
