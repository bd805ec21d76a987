package auth_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb/sqltest"
)

// slow is a body whose reads take a while, by the clock of the test.
type slow struct {
	io.Reader
	now  *time.Time
	took time.Duration
}

func (s slow) Interrupt() {}

// Read is io.Reader's.
func (s slow) Read(p []byte) (int, error) {
	*s.now = s.now.Add(s.took)
	return s.Reader.Read(p[:min(len(p), 10)])
}

// A13: whoever is shut out, signed out or no longer an administrator while a body comes sends no more of it.
func TestARightThatIsLostEndsTheBody(t *testing.T) {
	t.Parallel()
	const root = association.GUID("99999999-9999-9999-9999-999999999999")
	janes := storage.Upload{ID: storage.ID{Community: 1, Key: "0123456789"}, Owner: jane.Subject()}
	keys := newKeys(t)
	verifier, err := auth.NewVerifier(t.Context(), auth.DefaultConfig(keys, atNoon))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		who    association.GUID
		cookie bool
		during string // what happens meanwhile
		took   time.Duration
		want   fault.Kind
		read   int // bytes
	}{
		{"nothing happens", jane, false, `SELECT 1`, time.Second, 0, 100},
		{"shut out", jane, false, `UPDATE people SET disabled = 5`, time.Second, fault.Forbidden, 10},
		{"shut out, with a cookie", jane, true, `UPDATE people SET disabled = 5`, time.Second, fault.Forbidden, 10},
		{"shut out, seen at the end", jane, false, `UPDATE people SET disabled = 5`, 20 * time.Millisecond, fault.Forbidden, 100},
		{"shut out in a request that is over in no time", jane, false, `UPDATE people SET disabled = 5`, time.Millisecond, 0, 100},
		{"signed out", jane, true, `DELETE FROM sessions`, time.Second, fault.Unauthenticated, 10},
		{"an administrator", root, false, `SELECT 1`, time.Second, 0, 100},
		{"an administrator no more", root, false, `UPDATE people SET admin = 0`, time.Second, fault.Forbidden, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := sqltest.SQLite(t)
			d := directory.New(db, atNoon, rand.Reader)
			people := association.NewService(association.Config{
				Directory: d, Register: d, Clock: atNoon, Random: rand.Reader, Sessions: association.DefaultSessionLimits(),
			})
			if err := errors.Join(d.Ensure(t.Context(), 1, root), d.Ensure(t.Context(), 1, jane)); err != nil {
				t.Fatal(err)
			}
			change := func(statement string) {
				if _, err := db.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			change(`UPDATE people SET admin = 1 WHERE guid = '` + string(root) + `'`)
			r := httptest.NewRequest(http.MethodPatch, "/", nil)
			if test.cookie {
				key, _, err := people.Open(t.Context(),
					association.Actor{GUID: test.who, Communities: []storage.Community{1}}, association.ViaToken, "", "")
				if err != nil {
					t.Fatal(err)
				}
				r.AddCookie(&http.Cookie{Name: auth.SessionCookie, Value: key})
			} else {
				token, err := keys.Token(auth.Claims{Subject: test.who, Communities: []storage.Community{1}, For: time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+token)
			}
			a, c := auth.New(verifier, people, nil), echo.New().NewContext(r, httptest.NewRecorder())
			actor, err := a.Actor(c)
			if err != nil || actor.May(association.UseUpload, 1, jane) != nil {
				t.Fatalf("at first: %+v, %v", actor, err)
			}
			now := time.Unix(1, 0)
			body := a.Watch(c, slow{strings.NewReader(strings.Repeat("x", 100)), &now, test.took}, janes,
				func() time.Time { return now })
			change(test.during)
			got, err := io.ReadAll(body)
			if kind := fault.Of(err); kind != test.want || len(got) != test.read {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, test.read, test.want)
			}
			if again, err := body.Read(make([]byte, 1)); test.want != 0 && (again != 0 || !fault.Is(err, test.want)) {
				t.Errorf("afterwards: %d bytes and %v", again, err)
			}
		})
	}
}
