package page_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cameo/association"
	"cameo/association/directory"
	"cameo/server/auth/authtest"
	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/sqldb/sqltest"
)

// atHome is the address by which browsers know both nodes.
const atHome = "http://photos.example.org"

// twoNodes are two over one PostgreSQL at which people sign in, also at the issuer, and jane is a user.
func twoNodes(t *testing.T, issuer *authtest.Issuer) (a, b *servertest.Instance) {
	t.Helper()
	shared := servertest.Shared(servertest.Stores{
		Database: sqltest.Shared(t).Database(t), Blobs: "disk:" + filepath.Join(t.TempDir(), "blobs"),
		Keys: filepath.Join(t.TempDir(), "keys"),
	})
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(authtest.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := servertest.Configured(func(c *boot.Config) {
		c.PublicURL = []boot.WebURL{atHome}
		c.JWTIssuer, c.OIDCClientID, c.OIDCClientSecretFile = issuer.URL, authtest.ClientID, secret
	})
	a, b = servertest.Start(t, shared, configured), servertest.Start(t, shared, configured)
	u := directory.User{Community: 1, GUID: jane, Name: "jane", Password: "correct horse"}
	if err := a.Node().Directory.AddUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// at is the same browser, whose next requests come to another node.
func (b browser) at(i *servertest.Instance) browser { return browser{b.Client, i} }

// isIn wants somebody to be signed in, or not to be.
func (b browser) isIn(t *testing.T, what string, want bool) {
	t.Helper()
	status := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[want]
	if got, text := b.get(t, "/v1/session"); got.StatusCode != status {
		t.Errorf("%s: got %s %s, want %d", what, got.Status, text, status)
	}
}

// A session that begins at one node is good at the other, and over there as soon as it is over here.
func TestSessionsOfSeveralNodes(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t, authtest.NewIssuer(t))
	in := func() browser {
		jane := another(t, a)
		got, text := jane.send(t, "/signin", atHome, url.Values{"name": {"jane"}, "password": {"correct horse"}})
		wants(t, got, text, http.StatusSeeOther, "/")
		jane.at(b).isIn(t, "at the other node", true)
		return jane
	}
	first, second := in(), in()
	people, admin := b.Node().Photos, association.Operator(1)
	who, err := people.Arrive(t.Context(), association.Actor{GUID: jane, Communities: []storage.Community{1}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := people.OpenSessions(t.Context(), who)
	if err != nil || len(all) != 2 {
		t.Fatalf("got %+v (%v), want both sessions", all, err)
	}
	if err := people.End(t.Context(), who, all[1].ID); err != nil {
		t.Fatal(err)
	}
	first.at(a).isIn(t, "ended at the other node", false)
	second.at(a).isIn(t, "another session", true)
	if err := people.Disable(t.Context(), admin, 1, jane); err != nil {
		t.Fatal(err)
	}
	second.at(a).isIn(t, "shut out at the other node", false)
}

// Of many who follow one link at two nodes, one is signed in.
func TestALinkIsGoodOnceAtAllNodes(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t, authtest.NewIssuer(t))
	secret, err := a.Node().Photos.NewLink(t.Context(), 1, jane)
	if err != nil {
		t.Fatal(err)
	}
	var in, late atomic.Int64
	var all sync.WaitGroup
	for n := range 20 {
		guest := another(t, []*servertest.Instance{a, b}[n%2])
		all.Go(func() {
			got, _ := guest.send(t, "/signin/link", atHome, url.Values{"token": {secret}})
			switch got.StatusCode {
			case http.StatusSeeOther:
				in.Add(1)
				guest.at(a).isIn(t, "whoever came first", true)
				guest.at(b).isIn(t, "whoever came first", true)
			case http.StatusGone:
				late.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 || late.Load() != 19 {
		t.Errorf("got %d signed in and %d too late, want 1 and 19", in.Load(), late.Load())
	}
}

// Whoever begins to sign in at the issuer at one node may come back to the other, once.
func TestSigningInAtTheIssuerByTwoNodes(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer(t)
	issuer.SignIn(map[string]any{"sub": string(jane), "communities": []int{1}})
	a, b := twoNodes(t, issuer)
	jane := another(t, a)
	got, text := jane.get(t, "/signin/start?next=/docs")
	if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), issuer.URL) {
		t.Fatalf("got %s to %q %s, want the issuer", got.Status, got.Header.Get("Location"), text)
	}
	answer := issuer.Visit(got.Header.Get("Location")).RequestURI()
	got, text = jane.at(b).get(t, answer)
	wants(t, got, text, http.StatusSeeOther, "/docs")
	jane.at(a).isIn(t, "back from the issuer", true)
	got, text = jane.at(a).get(t, answer)
	wants(t, got, text, http.StatusUnauthorized, "")
}
