//go:build soak && linux

package servertest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R07: a server on SQLite is killed again and again under 20 writers. Each time the database is sound, and has
// every entry and every byte that was acknowledged.
func TestSoakR07KillLoop(t *testing.T) {
	const writers, size, chunk, longest = 20, 64 << 10, 8 << 10, 400 * time.Millisecond
	kills, chance := soakTimes(t, 200), seeded(t, 7)
	child := servertest.Process(t, servertest.ProcessOptions{Unlimited: true})
	jane, content := call(t, child), servertest.Picture("me.png", size)
	crowd := make([]*writer, writers)
	for i := range crowd {
		crowd[i] = &writer{caller: jane, content: content, acked: map[string]int{}}
	}
	for n := range kills {
		child.WaitReady()
		var all sync.WaitGroup
		for _, w := range crowd {
			all.Go(func() { w.write(chunk) })
		}
		time.Sleep(time.Duration(chance.Int64N(int64(longest))))
		child.Kill()
		all.Wait()
		child.Start()
		if wantKept(t, child.Data, crowd); t.Failed() {
			t.Fatalf("after kill %d", n)
		}
	}
	child.WaitReady()
	uploads := 0
	for _, w := range crowd {
		for key := range w.acked {
			w.finish(key, content)
			uploads++
		}
	}
	if uploads < kills {
		t.Errorf("got %d uploads under %d kills: the writers hardly wrote", uploads, kills)
	}
	t.Logf("%d kills, %d uploads", kills, uploads)
	child.Kill()
	wantTidy(t, child.Data)
}

// writer sends one upload after the other, and remembers what it was told.
type writer struct {
	*caller
	content []byte
	key     string         // of the upload that is not known to be whole yet; "" when there is none
	acked   map[string]int // offsets, by key
}

// write goes on from where the server says, until a request is not answered.
func (w *writer) write(chunk int) {
	question := http.Header{"Content-Range": {"bytes */*"}}
	if w.key != "" && !w.take(w.try(http.MethodPatch, entry(w.key), question, http.NoBody, 0)) {
		return
	}
	for w.key != "" || w.begin() {
		at := w.acked[w.key]
		to := min(at+chunk, len(w.content))
		part := bytes.NewReader(w.content[at:to])
		if !w.take(w.try(http.MethodPatch, entry(w.key), ranged(at, to, len(w.content)), part, to-at)) {
			return
		}
	}
}

// begin creates an upload, if that is answered.
func (w *writer) begin() bool {
	text := fmt.Sprintf(`{"Name":"me.png","ContentType":"image/png","ContentLength":%d}`, len(w.content))
	header := http.Header{"Content-Type": {"application/json"}}
	got, err := w.try(http.MethodPost, attachments, header, strings.NewReader(text), len(text))
	if err != nil {
		return false
	}
	if got.status != http.StatusCreated {
		w.t.Errorf("create: got %v, want 201", got)
		return false
	}
	w.key = keyOf(got)
	w.acked[w.key] = 0
	return true
}

// take remembers the offset of an answer, which must not lie before what was acknowledged. It says whether
// there was an answer, and a good one.
func (w *writer) take(got answer, err error) bool {
	if err != nil {
		return false
	}
	good := got.status == http.StatusOK || got.status == http.StatusAccepted
	if !good || got.offset() < w.acked[w.key] {
		w.t.Errorf("%s: got %v, want 2xx from offset %d on", w.key, got, w.acked[w.key])
		return false
	}
	if w.acked[w.key] = got.offset(); got.offset() == len(w.content) {
		w.key = ""
	}
	return true
}

// wantKept wants the database in a data directory to be sound, and to have what the writers were told.
func wantKept(t *testing.T, data string, crowd []*writer) {
	t.Helper()
	if got := rows(t, data, "PRAGMA integrity_check"); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("the database is not sound: %q", got)
	}
	kept := map[string]int{}
	for _, row := range rows(t, data, "SELECT key || ' ' || off FROM uploads") {
		key, offset, _ := strings.Cut(row, " ")
		n, err := strconv.Atoi(offset)
		if err != nil {
			t.Fatal(err)
		}
		kept[key] = n
	}
	for _, w := range crowd {
		for key, acked := range w.acked {
			if got, ok := kept[key]; !ok || got < acked {
				t.Errorf("%s: got offset %d (a row: %t), want the acknowledged %d", key, got, ok, acked)
			}
		}
	}
}
