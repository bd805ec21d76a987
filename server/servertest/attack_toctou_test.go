package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"cameo/association/directory"
	"cameo/server/servertest"
	"cameo/storage"
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

// midway is a body in the midst of which something happens, before any more of it comes.
type midway struct {
	from    *bytes.Reader
	happens func()
	done    bool
}

// Read is io.Reader's.
func (b *midway) Read(p []byte) (int, error) {
	if !b.done && int64(b.from.Len()) <= b.from.Size()/2 {
		b.done = true
		b.happens()
		time.Sleep(200 * time.Millisecond) // a request that is over in no time is looked at once
	}
	return b.from.Read(p[:min(len(p), 8<<10)])
}

// A13: by whatever dialect an upload comes.
func TestA13RightsThatAreLostInAnyDialect(t *testing.T) {
	t.Parallel()
	const size = 400_000
	content := servertest.Picture("me.png", size)
	i := servertest.Start(t)
	root := callInstance(t, i)
	root.token = i.Token(servertest.Person("root"), 1)
	length := fmt.Sprint("Upload-Length: ", size)
	for name, dialect := range map[string]struct {
		create func(c *caller) string // returns the path; nil: by sending
		method string
		header http.Header
	}{
		"igloo":      {func(c *caller) string { return entry(c.create(size)) }, http.MethodPatch, ranged(0, size, size)},
		"tus":        {func(c *caller) string { return c.tusCreate(size, nil, tusPNG) }, http.MethodPatch, tusHead("Upload-Offset: 0")},
		"tus, whole": {nil, http.MethodPost, tusHead(length, tusPNG)},
		"resumable": {func(c *caller) string {
			_, got, err := c.resumableCreate(http.NoBody, 0, "?0", "Content-Type: image/png")
			if err != nil {
				c.t.Fatal(err)
			}
			return resumableUploads + "/" + keyOf(c.want("create", got, http.StatusCreated))
		}, http.MethodPatch, resumableHead("Upload-Offset: 0", "Upload-Complete: ?1")},
		"resumable, whole": {nil, http.MethodPost, resumableHead("Content-Type: image/png", "Upload-Complete: ?1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jane, janes := callInstance(t, i), "/v1/communities/1/users/"+string(servertest.Person(name))
			jane.token = i.Token(servertest.Person(name))
			jane.want("arrive", jane.ask(http.MethodGet, "/v1/session", nil, nil), http.StatusOK)
			at := map[bool]string{true: tusUploads, false: resumableUploads}[strings.HasPrefix(name, "tus")]
			if dialect.create != nil {
				at = dialect.create(jane)
			}
			uploads := func() string {
				return string(jane.want("uploads", jane.ask(http.MethodGet, "/v1/communities/1/uploads", nil, nil), http.StatusOK).body)
			}
			body := &midway{from: bytes.NewReader(content), happens: func() {
				until := time.Now().Add(within(30 * time.Second))
				for !strings.Contains(uploads(), `"state":"active"`) && time.Now().Before(until) { // the request has been let in
					time.Sleep(10 * time.Millisecond)
				}
				root.want("disable", root.ask(http.MethodPost, janes+"/disable", nil, nil), http.StatusOK)
			}}
			got, err := jane.try(dialect.method, at, dialect.header, body, size)
			if err != nil || got.status != http.StatusForbidden {
				t.Errorf("the running request: got %v (%v), want 403", got, err)
			}
			root.want("enable", root.ask(http.MethodPost, janes+"/enable", nil, nil), http.StatusOK)
			if list := uploads(); !strings.Contains(list, `"state":"active"`) || strings.Contains(list, `"state":"complete"`) {
				t.Errorf("got %s, want one upload, which is not complete", list)
			}
		})
	}
}

// A13 through tus and the IETF's protocol: who loses the right to an upload while its bytes come does not complete it.
func TestA13InEveryProtocol(t *testing.T) {
	t.Parallel()
	const size, last = 100_000, 1000
	guid := string(servertest.Person("jane"))
	content, wish := servertest.Picture("me.png", size), "?type=ProfilePhoto&objectId="+guid
	meta := fmt.Sprintf("%s,objectId %s,type %s", tusPNG, encoded(guid), encoded("ProfilePhoto"))
	sends := map[string]func(jane *caller, body io.Reader) (at string, got answer, err error){
		"tus": func(jane *caller, body io.Reader) (string, answer, error) {
			at := jane.tusCreate(size, nil, meta)
			got, err := jane.try(http.MethodPatch, at, tusHead("Upload-Offset: 0"), body, size)
			return at, got, err
		},
		"resumable": func(jane *caller, body io.Reader) (string, answer, error) {
			h := resumableHead("Content-Type: image/png", "Upload-Complete: ?0", fmt.Sprint("Upload-Length: ", size))
			at := resumablePath(jane.ask(http.MethodPost, resumableUploads+wish, h, nil).header)
			h = resumableHead("Upload-Offset: 0", "Upload-Complete: ?1")
			got, err := jane.try(http.MethodPatch, at, h, body, size)
			return at, got, err
		},
	}
	losses := map[string]struct {
		enter  func(jane *caller) // by other than a bearer token
		lose   func(i *servertest.Instance, jane *caller)
		status int
	}{
		"shut out": {func(*caller) {}, func(i *servertest.Instance, _ *caller) {
			root := callInstance(t, i)
			root.token = i.Token(servertest.Person("root"), 1)
			at := "/v1/communities/1/users/" + guid + "/disable"
			root.want("disable", root.ask(http.MethodPost, at, nil, nil), http.StatusOK)
		}, http.StatusForbidden},
		"signed out": {func(jane *caller) {
			got := jane.ask(http.MethodPost, "/v1/session", nil, nil)
			jane.token = cookieOf(t, jane.want("sign in", got, http.StatusCreated))
		}, func(_ *servertest.Instance, jane *caller) {
			got := jane.ask(http.MethodDelete, "/v1/session", nil, nil)
			jane.want("sign out", got, http.StatusNoContent, http.StatusOK)
		}, http.StatusUnauthorized},
	}
	for by, send := range sends {
		for how, loss := range losses {
			t.Run(by+", "+how, func(t *testing.T) {
				t.Parallel()
				i := servertest.Start(t)
				jane := callInstance(t, i)
				loss.enter(jane)
				body, more := io.Pipe()
				go func() {
					_, _ = more.Write(content[:size-last])
					loss.lose(i, jane)
					time.Sleep(2 * time.Second) // rights are looked at anew when the last look is a second old
					_, err := more.Write(content[size-last:])
					more.CloseWithError(err)
				}()
				at, got, err := send(jane, body)
				if err != nil || got.status != loss.status {
					t.Errorf("got %v, %v, want %d", got, err, loss.status)
				}
				u, err := i.Engine().Find(t.Context(), storage.ID{Community: 1, Key: storage.Key(path.Base(at))})
				if err != nil || u.State != storage.Active || u.Offset >= size {
					t.Errorf("got %v at %d (%v), want an upload that is not complete", u.State, u.Offset, err)
				}
			})
		}
	}
}

// A13: somebody who becomes another person meanwhile finishes what they send, and it is that person's. An administrator
// who is one no more does not finish what is another's.
func TestA13WhoIsAnotherMeanwhile(t *testing.T) {
	t.Parallel()
	const size = 400_000
	content := servertest.Picture("me.png", size)
	i := servertest.Start(t)
	root := callInstance(t, i)
	root.token = i.Token(servertest.Person("root"), 1)
	jane, john := callInstance(t, i), callInstance(t, i)
	john.token = i.Token(servertest.Person("john"))
	john.want("arrive", john.ask(http.MethodGet, "/v1/session", nil, nil), http.StatusOK)
	during := func(c *caller, key string, happens func()) answer {
		t.Helper()
		body := &midway{from: bytes.NewReader(content), happens: happens}
		got, err := c.try(http.MethodPatch, entry(key), ranged(0, size, size), body, size)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}

	key := jane.create(size)
	janes := "/v1/communities/1/users/" + string(servertest.Person("jane"))
	into := []byte(`{"into":"` + string(servertest.Person("john")) + `"}`)
	jane.want("merged meanwhile", during(jane, key, func() {
		root.want("merge", root.ask(http.MethodPost, janes+"/merge", asJSON, into), http.StatusOK)
	}), http.StatusOK)
	john.wantWhole(key, content)
	john.present("jane", key)

	helper := callInstance(t, i)
	helper.token = i.Token(servertest.Person("helper"))
	appoint := func(yes bool) {
		u := directory.User{Community: 1, GUID: servertest.Person("helper"), Name: "helper", Password: "correct horse", Admin: yes}
		if err := i.Node().Directory.AddUser(t.Context(), u); err != nil {
			t.Error(err)
		}
	}
	appoint(true)
	key = john.create(size)
	// 404 if the request comes to be looked at so late.
	if got := during(helper, key, func() { appoint(false) }); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
		t.Errorf("an administrator no more: got %v, want 403", got)
	}
	if at := john.stand(key); at >= size {
		t.Errorf("the upload is complete, with %d bytes", at)
	}
	john.finish(key, content)
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
