package servertest_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/sqldb"
)

// R28: a picture kills the process in whatever step of its rendering. It is tried three times, each time when its lease
// is over and alone, and then given up with a reason; the photo before it stays, and the picture that was being rendered
// beside it when it first struck is shown.
func TestR28APictureThatKillsTheProcess(t *testing.T) {
	servertest.Long(t, "crashes the program six times at each failpoint")
	t.Parallel()
	for _, point := range []string{"disk.written", "disk.synced", "render.stored"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			p := newPoison(t)
			p.queue("jane", "poison.png")
			p.queue("john", "good.png")
			p.letPass("jane", "john")
			p.crash(point + ":1") // beside john's, where there are two cores
			p.wantTries("jane", 1)
			p.letPass("john", "jane")
			p.crash(point + ":2") // john's is done first, and jane's then strikes alone
			p.wantTries("jane", 2)
			p.letPass("jane")
			p.crash(point + ":1")
			p.wantTries("jane", 3)
			p.letPass("jane")
			p.wantGivenUp()
		})
	}
}

// poison is a story that ends in many processes, one after the other, on one data directory.
type poison struct {
	*caller
	t    *testing.T
	data string
	keys map[string]string // of uploads, by name of their picture
}

// newPoison uploads pictures, and shows one of jane.
func newPoison(t *testing.T) *poison {
	t.Helper()
	p := &poison{t: t, data: t.TempDir(), keys: map[string]string{}}
	child := p.start("none")
	for _, name := range []string{"old.png", "poison.png", "good.png"} {
		content := servertest.Picture(name, 4000)
		p.keys[name] = p.create(len(content))
		p.want("upload", p.patch(p.keys[name], content, 0, len(content)), http.StatusOK)
	}
	if err := p.ask("jane", "old.png"); err != nil {
		t.Fatal(err)
	}
	p.wantPhoto()
	child.Kill()
	return p
}

// start runs a process that dies at a failpoint.
func (p *poison) start(point string) *servertest.Child {
	p.t.Helper()
	child := servertest.Process(p.t, servertest.ProcessOptions{
		Data: p.data, Faultpoints: true, Env: []string{"CAMEO_FAULTPOINT=" + point},
	})
	p.caller = call(p.t, child)
	p.caller.token = child.Token(string(servertest.Person("jane")), true)
	return child
}

// crash runs a process until it has died.
func (p *poison) crash(point string) {
	p.t.Helper()
	child := p.start(point)
	if code := child.Wait(20 * time.Second); code != 137 {
		p.t.Fatalf("at %s: got exit code %d, want 137; it said:\n%s", point, code, child.Said())
	}
}

// ask makes the picture of that name somebody's photo, as an administrator may.
func (p *poison) ask(person, name string) error {
	p.t.Helper()
	at := attachments + "/" + p.keys[name] + "/association/" + string(servertest.Person(person)) + "?type=ProfilePhoto"
	got, err := p.try(http.MethodPost, at, nil, http.NoBody, 0)
	if err == nil {
		p.want("associate", got, http.StatusOK)
	}
	return err
}

// queue asks for a photo of a process that dies before it can begin with it. The photo waits for letPass.
func (p *poison) queue(person, name string) {
	p.t.Helper()
	p.change(`UPDATE photos SET due = $1 WHERE state = 1`, int64(1)<<50)
	child := p.start("associate.committed:1")
	child.WaitReady()
	if err := p.ask(person, name); err == nil {
		p.t.Fatal("the crash came after the answer")
	}
	child.Wait(10 * time.Second)
}

// letPass lets the time pass that pending photos have to wait, of these people one after the other.
func (p *poison) letPass(people ...string) {
	p.t.Helper()
	for i, person := range people {
		p.change(`UPDATE photos SET due = $1 WHERE state = 1 AND person = $2`, i+1, servertest.Person(person))
	}
}

// change changes the database, which no process uses.
func (p *poison) change(statement string, args ...any) {
	p.t.Helper()
	db, err := sqldb.Open(p.t.Context(), sqldb.Config{Path: filepath.Join(p.data, "cameo.db")})
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(p.t.Context(), statement, args...); err != nil {
		p.t.Fatal(err)
	}
}

// wantTries wants the person's newest photo to be pending after so many tries.
func (p *poison) wantTries(person string, want int) {
	p.t.Helper()
	got := rows(p.t, p.data, `SELECT state || ' after ' || tries FROM photos WHERE version =
		(SELECT newest FROM people WHERE guid = '`+string(servertest.Person(person))+`')`)
	if want := "1 after " + string(rune('0'+want)); got[0] != want {
		p.t.Errorf("the photo of %s is in state %s tries, want %s", person, got[0], want)
	}
}

// wantGivenUp wants jane's new photo to be failed and the old one shown, and john's to be ready.
func (p *poison) wantGivenUp() {
	p.t.Helper()
	child := p.start("none")
	var got struct{ State, Reason, Version, Current string }
	until := time.Now().Add(within(20 * time.Second))
	for got.State = "pending"; got.State == "pending" && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		said := p.caller.ask(http.MethodGet, picture(), http.Header{"Accept": {"application/json"}}, nil)
		if err := json.Unmarshal(said.body, &got); err != nil {
			p.t.Fatal(err)
		}
	}
	if got.State != "failed" || got.Reason != "render_failed" || got.Current == "" || got.Current == got.Version {
		p.t.Errorf("got %+v, want failed for render_failed, and the old photo as the current one", got)
	}
	child.Kill()
	shown := rows(p.t, p.data, `SELECT upload FROM photos WHERE version IN (SELECT current FROM people) ORDER BY created`)
	if len(shown) != 2 || shown[0] != p.keys["old.png"] || shown[1] != p.keys["good.png"] {
		p.t.Errorf("photos of %q are shown, want those of %q", shown, []string{p.keys["old.png"], p.keys["good.png"]})
	}
	wantTidy(p.t, p.data)
}
