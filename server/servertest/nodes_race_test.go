package servertest_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R24: two nodes get different bytes for the same offset, 50 times: each time exactly one of them is told that
// its bytes are kept, and they are.
func raceOfTwoNodes(t *testing.T, d *deployment) {
	t.Helper()
	const rounds, piece = 50, 20_000
	nodes := d.nodes(2)
	callers := []*caller{call(t, nodes[0]), call(t, nodes[1])}
	pictures := [][]byte{servertest.Picture("a.png", rounds*piece), servertest.Picture("b.png", rounds*piece)}
	key, wins, kept := callers[0].create(rounds*piece), [2]int{}, []byte{}
	for round := range rounds {
		answers := [2]answer{}
		var both sync.WaitGroup
		for i, c := range callers {
			both.Go(func() {
				body := bytes.NewReader(pictures[i][round*piece : (round+1)*piece])
				var err error
				answers[i], err = c.try(http.MethodPatch, entry(key), ranged(round*piece, (round+1)*piece, rounds*piece), body, piece)
				if err != nil {
					t.Errorf("round %d: node %d: %v", round, i, err)
				}
			})
		}
		both.Wait()
		winner := wantOneWinner(t, round, answers[:])
		wins[winner]++
		kept = append(kept, pictures[winner][round*piece:(round+1)*piece]...)
	}
	t.Logf("wins: %v", wins)
	callers[0].wantWhole(key, kept)
	callers[1].wantWhole(key, kept)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// wantOneWinner is invariant I3. It returns which of the answers is a good one.
func wantOneWinner(t *testing.T, round int, answers []answer) int {
	t.Helper()
	winner := -1
	for i, got := range answers {
		switch {
		case got.status == http.StatusConflict || got.status == http.StatusRequestedRangeNotSatisfiable:
		case got.status != http.StatusOK && got.status != http.StatusAccepted:
			t.Errorf("round %d: a loser got %v, want 409 or 416", round, got)
		case winner >= 0:
			t.Fatalf("round %d: both %d and %d were told that their bytes are kept", round, winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		t.Fatalf("round %d: nobody won: %v", round, answers)
	}
	return winner
}

// R26 on two nodes: a hundred PATCHes of one offset, each with bytes of its own.
func raceOfMany(t *testing.T, d *deployment) {
	t.Helper()
	const many, size, ceiling = 100, 50_000, 5 * time.Second
	nodes, holds := d.watched(2)
	callers := []*caller{call(t, nodes[0]), call(t, nodes[1])}
	content := servertest.Picture("me.png", size)
	key, answers := callers[0].create(size), make([]answer, many)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			mine := append([]byte{}, content[:size/2]...)
			mine[size/4] = byte(i)
			got, err := callers[i%2].try(http.MethodPatch, entry(key), ranged(0, size/2, size), bytes.NewReader(mine), size/2)
			if err != nil {
				t.Errorf("PATCH %d: %v", i, err)
			}
			answers[i] = got
		})
	}
	all.Wait()
	wantTook(t, "all of them", begin, ceiling)
	winner := wantOneWinner(t, 0, answers)
	kept := append([]byte{}, content...)
	kept[size/4] = byte(winner)
	callers[0].finish(key, kept)
	callers[1].wantWhole(key, kept)
	holds.wantBack(callers...)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}
