//go:build bench && linux

package servertest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	keyRounds = 3000
	keyShare  = 0.05 // by which the medians may differ
)

// TestBenchKeys measures whether the time of an answer tells a key that exists from one that does not.
func TestBenchKeys(t *testing.T) {
	measureAll(t, emptyRig(t), report{file: "keys.md", title: "Trying out keys"}, []measurement{{"keys", measureKeys}})
}

// measureKeys asks for missing and foreign keys in an order that is drawn, so that nothing which drifts falls on one
// of them alone.
func measureKeys(t *testing.T, r *rig) []section {
	child := servertest.Process(t, servertest.ProcessOptions{Data: scratch(t, r.top), Unlimited: true})
	child.WaitReady()
	jane := call(t, child)
	content := servertest.Picture("me.png", 500)
	begun, done := jane.create(500), jane.create(500)
	jane.finish(done, content)
	john := *jane
	john.token = child.Token(string(servertest.Person("john")), false)
	const missing, active, complete = "a key that nobody has", "another's unfinished upload", "another's complete upload"
	s := section{
		title:  "A missing key and a foreign one",
		about:  fmt.Sprintf("GET of an entry by somebody who may not know of it, %d times each in a drawn order; microseconds.", keyRounds),
		header: []string{"", "median", "to the missing one's"},
	}
	took := map[string][]float64{}
	names := []string{missing, active, complete}
	for range keyRounds {
		for _, at := range rand.Perm(len(names)) {
			key := map[string]string{missing: randomKey(t), active: begun, complete: done}[names[at]]
			since := time.Now()
			got := john.ask(http.MethodGet, entry(key), nil, nil)
			took[names[at]] = append(took[names[at]], float64(time.Since(since).Nanoseconds())/1000)
			john.want(names[at], got, http.StatusNotFound)
		}
	}
	for _, name := range names {
		ratio := median(took[name]) / median(took[missing])
		s.rows = append(s.rows, []string{name, number(median(took[name])), number(ratio)})
		s.bounds = append(s.bounds,
			atMost(name, ratio, 1+keyShare, "of the time"), atLeast(name, ratio, 1-keyShare, "of the time"))
	}
	s.bounds = s.bounds[2:] // the missing one's against itself
	return []section{s}
}
