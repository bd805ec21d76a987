//go:build bench && linux

package servertest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cameo/server/servertest"
)

// race is one kind of upload, made by all competitors in turn.
type race struct {
	names       []string // who takes part
	size, chunk int      // bytes of an upload and of each of its PATCHes
	rounds      int
}

// lane is what one competitor did in a race.
type lane struct {
	creations, uploads times
	cpu                times // of each upload's PATCHes
}

// run makes every competitor create rounds uploads, and then send them by turns. In each round another one begins.
func (c race) run(t *testing.T, r *rig) map[string]*lane {
	t.Helper()
	content := servertest.Picture("bench", c.size)
	lanes, addresses := map[string]*lane{}, map[string][]string{}
	for _, name := range c.names {
		lanes[name] = &lane{}
	}
	turns := func(turn func(round int, name string)) {
		for round := range c.rounds {
			for i := range c.names {
				turn(round, c.names[(round+i)%len(c.names)])
			}
		}
	}
	turns(func(_ int, name string) {
		begin := time.Now()
		address, err := r.peers[name].create(t.Context(), c.size)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lanes[name].creations = append(lanes[name].creations, time.Since(begin))
		addresses[name] = append(addresses[name], address)
	})
	turns(func(round int, name string) {
		r.settle(t)
		before, begin := r.cpu(t, name), time.Now()
		if err := c.upload(t.Context(), r.peers[name], addresses[name][round], content); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lanes[name].uploads = append(lanes[name].uploads, time.Since(begin))
		lanes[name].cpu = append(lanes[name].cpu, r.cpu(t, name)-before)
	})
	return lanes
}

func (c race) upload(ctx context.Context, p peer, address string, content []byte) error {
	for at := 0; at < len(content); at += c.chunk {
		if err := p.patch(ctx, address, at, content[at:at+c.chunk], len(content)); err != nil {
			return err
		}
	}
	return nil
}

// perGiB is the processor time that an upload takes at p50, in seconds for each GiB.
func (c race) perGiB(l *lane) float64 {
	return l.cpu.p50().Seconds() * (1 << 30) / float64(c.size)
}

// section judges a race.
func (c race) section(title, about string, lanes map[string]*lane) section {
	s := section{
		title: title, about: about,
		header: []string{
			"", "PATCH p50, ms", "p90, ms", "least, ms", "POST p50, ms", "CPU, s per GiB",
		},
	}
	for _, name := range c.names {
		l := lanes[name]
		s.rows = append(s.rows, []string{
			name, inMS(l.uploads.p50()), inMS(l.uploads.at(0.9)), inMS(l.uploads.at(0)), inMS(l.creations.p50()),
			fmt.Sprintf("%.2f", c.perGiB(l)),
		})
	}
	p50 := func(name string) float64 { return ms(lanes[name].uploads.p50()) }
	s.bounds = []bound{
		atMost("cameo against tusd plus twice the bare write", p50(ours), p50(theirs)+2*p50(nobody), "ms"),
		atMost("cameo without sync against tusd", p50(unsynced), p50(theirs), "ms"),
		atMost("server CPU against tusd", c.perGiB(lanes[ours]), c.perGiB(lanes[theirs]), "s per GiB"),
	}
	return s
}

func measureSmall(t *testing.T, r *rig) []section {
	c := race{names: r.names, size: 4 << 20, chunk: 4 << 20, rounds: 90} // fewer than one person may have unfinished
	return []section{c.section("4 MiB in one PATCH",
		fmt.Sprintf("Each of them %d times, by turns.", c.rounds), c.run(t, r))}
}

func measureLarge(t *testing.T, r *rig) []section {
	c := race{names: r.names, size: 64 << 20, chunk: 1 << 20, rounds: 12}
	return []section{c.section("64 MiB in 64 PATCHes of 1 MiB",
		fmt.Sprintf("Each of them %d times, by turns; a time is that of all 64 PATCHes.", c.rounds), c.run(t, r))}
}
