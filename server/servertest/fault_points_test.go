package servertest_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// The steps of a story that a crash may end. Each of them is one request, but for the last, which waits.
const (
	firstHalf = iota
	secondHalf
	associating
	rendering
	steps
)

// failpoint says of a failpoint in the source, by name and pass, in which step the crash comes and what is
// durable then.
type failpoint struct {
	name   string
	pass   int
	step   int
	offset int // 0, 1 half or 2 halves
}

// everywhere are the failpoints that are passed whatever store the bytes go to.
var everywhere = []failpoint{
	{"write.claimed", 1, firstHalf, 0},
	{"write.claimed", 2, secondHalf, 1},
	{"run.synced", 1, firstHalf, 0},
	{"run.synced", 2, secondHalf, 1},
	{"commit.before", 1, firstHalf, 0},
	{"commit.before", 2, secondHalf, 1},
	{"commit.after", 1, firstHalf, 1},
	{"commit.after", 2, secondHalf, 2},
	{"associate.committed", 1, associating, 2},
	{"render.stored", 1, rendering, 2},
}

// failpoints are those that one node passes on its own database and disk.
var failpoints = slices.Concat(everywhere, []failpoint{
	{"disk.written", 1, firstHalf, 0},
	{"disk.written", 2, secondHalf, 1},
	{"disk.written", 3, rendering, 2},
	{"disk.synced", 1, firstHalf, 0},
	{"disk.synced", 2, secondHalf, 1},
	{"disk.synced", 3, rendering, 2},
})

// R03: a crash at every failpoint; what follows is repeated as a client would, and all is well.
func TestR03CrashAtEveryFailpoint(t *testing.T) {
	servertest.Long(t, "crashes the program at each failpoint")
	t.Parallel()
	crashAtEach(t, failpoints, 100_000, func(t *testing.T) place {
		data := t.TempDir()
		return place{
			of:    servertest.ProcessOptions{Data: data},
			again: servertest.Configured(func(c *boot.Config) { c.Data = data }),
			rows:  func(query string) []string { return rows(t, data, query) },
			tidy:  func() { wantTidy(t, data) },
		}
	})
}

// place is where a story goes on after a crash.
type place struct {
	of    servertest.ProcessOptions   // of the program that crashes there
	again servertest.Option           // of the instance that follows it
	rows  func(query string) []string // of the database
	tidy  func()                      // wants invariant I5, when all have ended
}

// crashAtEach crashes the program at each failpoint, in a place of its own, and goes on there.
func crashAtEach(t *testing.T, points []failpoint, half int, newPlace func(*testing.T) place) {
	t.Helper()
	for _, p := range points {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			at := newPlace(t)
			s := p.crash(t, half, at.of)
			s.resume(servertest.Start(t, at.again), p.step, p.offset*half)
			if got := at.rows(onePhoto); got[0] != "1" {
				t.Errorf("got %s photos, want the one", got[0])
			}
			at.tidy()
		})
	}
}

// onePhoto counts the photos that are ready.
const onePhoto = "SELECT count(*) FROM photos WHERE state = 2"

func TestR03KnowsEveryFailpoint(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, p := range slices.Concat(failpoints, failpointsOfNodes) {
		tested[p.name] = true
	}
	if there := failpointsInSource(t); !maps.Equal(there, tested) {
		t.Errorf("the source has the failpoints %v, want exactly those tested, %v", there, tested)
	}
}

// String is the value of CAMEO_FAULTPOINT.
func (p failpoint) String() string { return fmt.Sprintf("%s:%d", p.name, p.pass) }

// crash tells a story until a child with these options has met the failpoint.
func (p failpoint) crash(t *testing.T, half int, of servertest.ProcessOptions) *crashStory {
	t.Helper()
	s := &crashStory{t: t, content: servertest.Picture("me.png", 2*half)}
	of.Faultpoints, of.Env = true, []string{"CAMEO_FAULTPOINT=" + p.String()}
	child := servertest.Process(t, of)
	child.WaitReady()
	s.caller = call(t, child)
	if at := s.tell(firstHalf); at != p.step {
		t.Fatalf("the crash ended step %d, want %d", at, p.step)
	}
	if code := child.Wait(10 * time.Second); code != 137 {
		t.Fatalf("got exit code %d, want 137; it said:\n%s", code, child.Said())
	}
	return s
}

// crashStory uploads a picture in two halves and makes it jane's photo.
type crashStory struct {
	*caller
	t       *testing.T
	content []byte
	key     string
}

// tell goes on from a step until one is not answered, and returns that one.
func (s *crashStory) tell(step int) int {
	s.t.Helper()
	if s.key == "" {
		s.key = s.create(len(s.content))
	}
	half := len(s.content) / 2
	for ; step < steps; step++ {
		var err error
		switch step {
		case firstHalf:
			err = s.half(0, half, http.StatusAccepted)
		case secondHalf:
			err = s.half(half, 2*half, http.StatusOK)
		case associating:
			var got answer
			if got, err = s.associate(s.key); err == nil {
				s.want("associate", got, http.StatusOK)
			}
		case rendering:
			err = s.awaitPhoto()
		}
		if err != nil {
			return step
		}
	}
	return steps
}

func (s *crashStory) half(from, to, status int) error {
	s.t.Helper()
	body := bytes.NewReader(s.content[from:to])
	got, err := s.try(http.MethodPatch, entry(s.key), ranged(from, to, len(s.content)), body, to-from)
	if err == nil {
		s.want("a half", got, status)
	}
	return err
}

// awaitPhoto is wantPhoto for a server that may crash.
func (s *crashStory) awaitPhoto() error {
	s.t.Helper()
	header := http.Header{"Accept": {"application/json"}}
	for until := time.Now().Add(within(20 * time.Second)); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		got, err := s.try(http.MethodGet, picture(), header, http.NoBody, 0)
		if err != nil || bytes.Contains(got.body, []byte(`"state":"ready"`)) {
			return err
		}
	}
	s.t.Fatal("the photo is not ready")
	return nil
}

// resume goes on with an instance after a crash in a step that left so much of the upload: it repeats that
// step, tells the story to its end, and stops the instance.
func (s *crashStory) resume(i *servertest.Instance, step, offset int) {
	s.t.Helper()
	i.Clock.Advance(3 * time.Minute) // a crashed renderer's lease is over
	s.url = func() string { return i.URL }
	if got := s.look(s.key); got != offset {
		s.t.Fatalf("after the crash: got offset %d, want %d", got, offset)
	}
	if at := s.tell(step); at != steps {
		s.t.Fatalf("after the crash: step %d was not answered", at)
	}
	s.wantWhole(s.key, s.content)
	i.Stop()
}

var hereCall = regexp.MustCompile(`point\.Here\("([^"]+)"\)`)

// failpointsInSource are the names of all failpoints.
func failpointsInSource(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range hereCall.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("the source has %d failpoints: %v", len(names), err)
	}
	return names
}
