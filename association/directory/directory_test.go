package directory_test

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"cameo/association"
	"cameo/association/directory"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

const (
	jane = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
	john = association.GUID("11111111-2222-3333-4444-555555555555")
)

func open(db *sqldb.DB) *directory.Directory {
	return directory.New(db, func() storage.Millis { return 1000 }, rand.Reader)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if got := fault.Of(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
}

func TestCommunities(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		name, err := d.Community(ctx, 1)
		must(t, err)
		if name == "" {
			t.Error("a new database has no community 1")
		}
		must(t, d.AddCommunity(ctx, 10068556, "Acme"))
		must(t, d.AddCommunity(ctx, 10068556, "Acme Ltd"))
		all, err := d.Communities(ctx)
		must(t, err)
		want := directory.Community{Key: 10068556, Name: "Acme Ltd", Created: 1000}
		if len(all) != 2 || all[0].Key != 1 || all[1] != want {
			t.Errorf("got %+v", all)
		}
		_, err = d.Community(ctx, 2)
		wantKind(t, err, fault.NotFound)
		for _, c := range []struct {
			key  storage.Community
			name string
		}{{0, "x"}, {-1, "x"}, {3, ""}, {3, " "}, {3, "a\nb"}, {3, "\xff"}, {3, strings.Repeat("x", 256)}} {
			wantKind(t, d.AddCommunity(ctx, c.key, c.name), fault.Invalid)
		}
	})
}

func TestPeople(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		_, err := d.Person(ctx, 1, jane)
		wantKind(t, err, fault.NotFound)
		_, err = d.Lock(ctx, 1, jane)
		wantKind(t, err, fault.NotFound)
		wantKind(t, d.Ensure(ctx, 2, jane), fault.NotFound)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := d.Ensure(ctx, 1, jane); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		want := association.Person{Community: 1, GUID: jane, Created: 1000}
		got, err := d.Lock(ctx, 1, jane)
		must(t, err)
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		want.Current, want.Newest = "0123456789AB", "CDEFGHIJKLMN"
		must(t, d.Point(ctx, want))
		if got, err := d.Person(ctx, 1, jane); err != nil || got != want {
			t.Errorf("got %+v (%v), want %+v", got, err, want)
		}
		want.Community = 2
		wantKind(t, d.Point(ctx, want), fault.NotFound)
	})
}

func TestLocalUsers(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		must(t, d.AddCommunity(ctx, 2, "Away"))
		u := directory.User{Community: 1, GUID: jane, Name: "Jane", Password: "correct horse", Admin: true}
		must(t, d.AddUser(ctx, u))
		for _, c := range []struct {
			name      string
			community storage.Community
			login     string
			password  string
			want      fault.Kind
		}{
			{"right", 1, "Jane", "correct horse", 0},
			{"another case", 1, "jANE", "correct horse", 0},
			{"wrong password", 1, "Jane", "correct horsf", fault.Unauthenticated},
			{"password in another case", 1, "Jane", "Correct horse", fault.Unauthenticated},
			{"no password", 1, "Jane", "", fault.Unauthenticated},
			{"unknown name", 1, "john", "correct horse", fault.Unauthenticated},
			{"other community", 2, "Jane", "correct horse", fault.Unauthenticated},
			{"a very long password", 1, "Jane", strings.Repeat("x", 1<<20), fault.Unauthenticated},
		} {
			got, err := d.CheckPassword(ctx, c.community, c.login, c.password)
			wantKind(t, err, c.want)
			if c.want == 0 && got != jane {
				t.Errorf("%s: got %q, want jane", c.name, got)
			}
		}
		if p, err := d.Person(ctx, 1, jane); err != nil || p.Name != "Jane" {
			t.Errorf("the person is %+v (%v)", p, err)
		}
	})
}

func TestAddUserAgain(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		u := directory.User{Community: 1, GUID: jane, Name: "jane", Password: "the first"}
		must(t, d.AddUser(ctx, u))
		taken := directory.User{Community: 1, GUID: john, Name: "JANE", Password: "the third"}
		wantKind(t, d.AddUser(ctx, taken), fault.Exists)
		u.Name, u.Password = "jane.doe", "the second"
		must(t, d.AddUser(ctx, u))
		must(t, d.AddUser(ctx, taken)) // the name is free now
		_, err := d.CheckPassword(ctx, 1, "jane.doe", "the first")
		wantKind(t, err, fault.Unauthenticated)
		_, err = d.CheckPassword(ctx, 1, "jane.doe", "the second")
		must(t, err)
		for _, c := range []struct {
			change func(*directory.User)
			want   fault.Kind
		}{
			{func(u *directory.User) { u.Community = 77 }, fault.NotFound},
			{func(u *directory.User) { u.Name = "" }, fault.Invalid},
			{func(u *directory.User) { u.Password = "" }, fault.Invalid},
			{func(u *directory.User) { u.Password = "sëcrêts" }, fault.Invalid}, // nine bytes, seven characters
			{func(u *directory.User) { u.Password = strings.Repeat("x", 2000) }, fault.Invalid},
		} {
			wrong := u
			c.change(&wrong)
			wantKind(t, d.AddUser(ctx, wrong), c.want)
		}
	})
}

func TestAPasswordIsKeptAsASaltedHash(t *testing.T) {
	t.Parallel()
	sqltest.Each(t, func(t *testing.T, db *sqldb.DB) {
		d, ctx := open(db), t.Context()
		kept := map[string]bool{}
		for _, g := range []association.GUID{jane, john} {
			must(t, d.AddUser(ctx, directory.User{Community: 1, GUID: g, Name: string(g), Password: "the same"}))
			var p string
			must(t, db.QueryRow(ctx, `SELECT password FROM passwords WHERE guid = $1`, g).Scan(&p))
			if !strings.HasPrefix(p, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(p, "same") {
				t.Errorf("kept as %q", p)
			}
			kept[p] = true
		}
		if len(kept) != 2 {
			t.Error("two people with one password have one hash")
		}
		for _, damaged := range []string{"", "plain", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=2,p=1$!$!"} {
			_, err := db.Exec(ctx, `UPDATE passwords SET password = $1 WHERE guid = $2`, damaged, jane)
			must(t, err)
			_, err = d.CheckPassword(ctx, 1, string(jane), "same")
			wantKind(t, err, fault.Unauthenticated)
		}
	})
}
