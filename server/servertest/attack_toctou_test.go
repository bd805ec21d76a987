package servertest_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"cameo/server/servertest"
)

// A13: a person who is shut out while their upload comes finishes nothing and associates nothing; let in again they go on
// where the upload stands. A session that is ended ends its upload too.
func TestA13RightsThatAreLostMeanwhile(t *testing.T) {
	t.Parallel()
	const size = 400_000
	content := servertest.Picture("me.png", size)
	i := servertest.Start(t)
	root := callInstance(t, i)
	root.token = i.Token(servertest.Person("root"), 1)
	janes := "/v1/communities/1/users/" + string(servertest.Person("jane"))
	shut := func() { root.want("disable", root.ask(http.MethodPost, janes+"/disable", nil, nil), http.StatusOK) }
	enter := func() { root.want("enable", root.ask(http.MethodPost, janes+"/enable", nil, nil), http.StatusOK) }

	// during sends all of the upload, slowly, and lets something happen in the midst of it.
	during := func(c *caller, key string, from int, happens func()) answer {
		t.Helper()
		body := &trickle{from: bytes.NewReader(content[from:]), page: 8 << 10, pause: 100 * time.Millisecond}
		timer := time.AfterFunc(time.Second, happens)
		defer timer.Stop()
		got, err := c.try(http.MethodPatch, entry(key), ranged(from, size, size), body, size-from)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}

	jane := callInstance(t, i)
	key := jane.create(size)
	if got := during(jane, key, 0, shut); got.status != http.StatusForbidden {
		t.Errorf("the running request: got %v, want 403", got)
	}
	for what, got := range map[string]answer{
		"another request": jane.patch(key, content, 0, size),
		"a status query":  jane.ask(http.MethodPatch, entry(key), http.Header{"Content-Range": {"bytes */*"}}, nil),
		"an association":  jane.ask(http.MethodPost, attachments+"/"+key+"/association/"+string(servertest.Person("jane"))+"?type=ProfilePhoto", nil, nil),
		"a new upload":    jane.declare("me.png", "image/png", size),
	} {
		if got.status != http.StatusForbidden {
			t.Errorf("%s: got %v, want 403", what, got)
		}
	}
	enter()
	if at := jane.stand(key); at >= size {
		t.Errorf("the upload is complete, with %d bytes", at)
	}
	jane.finish(key, content)

	signed := jane.want("sign in", jane.ask(http.MethodPost, "/v1/session", nil, nil), http.StatusCreated)
	session := *jane
	session.token = cookieOf(t, signed)
	key = session.create(size)
	ended := during(&session, key, 0, func() {
		jane.want("revoke", jane.ask(http.MethodDelete, "/v1/sessions", nil, nil), http.StatusNoContent, http.StatusOK)
	})
	if ended.status != http.StatusUnauthorized {
		t.Errorf("the request of a session that was ended: got %v, want 401", ended)
	}
	jane.finish(key, content)
}

// cookieOf is the key of the session that an answer begins. A session's key is a bearer token too.
func cookieOf(t *testing.T, a answer) string {
	t.Helper()
	for _, one := range (&http.Response{Header: a.header}).Cookies() {
		if one.Name == "iglooauth" {
			return one.Value
		}
	}
	t.Fatalf("no session: %v", a)
	return ""
}
