//go:build bench && linux

package servertest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	gigyaRounds  = 15
	gigyaServers = 5
	gigyaCrowd   = 50        // clients at once
	gigyaMost    = 512 << 10 // kB of memory that they may make the server take
	inIgloo      = "Igloo"   // three requests, and looking
	inGigya      = "Gigya"   // one request
	gigyaCorner  = 600       // pixels: a picture whose decoding takes next to nothing
)

// TestBenchGigya measures accounts.setProfilePhoto beside the flow of Igloo's requests, for the largest photo.
func TestBenchGigya(t *testing.T) {
	measureAll(t, emptyRig(t), report{
		file: "gigya.md", title: "Gigya's methods", peers: []string{"the other flow: Cameo's own, in Igloo's words"},
	}, []measurement{{"time", measureGigyaTime}, {"memory", measureGigyaMemory}})
}

// flow sends one photo for a person, and returns when everybody can see it.
type flow func(ctx context.Context, person string) error

// iglooFlow creates an upload, sends it, associates it, and looks until it is shown.
func iglooFlow(c cameo, file []byte, publish bool) flow {
	c.kind = "image/jpeg"
	return func(ctx context.Context, person string) error {
		address, err := c.create(ctx, len(file))
		if err != nil {
			return err
		}
		if err := c.patch(ctx, address, 0, file, len(file)); err != nil || !publish {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost,
			strings.Replace(address, "/uploads/", "/", 1)+"/association/"+person+"?type=ProfilePhoto", http.NoBody)
		if err != nil {
			return err
		}
		r.Header = http.Header{"Authorization": {"Bearer " + c.token}}
		if _, err := send(c.web, r, http.StatusOK); err != nil {
			return err
		}
		for {
			if shown, err := c.shown(ctx, person); shown || err != nil {
				return err
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// shown says whether the photo of a person that was set last is ready.
func (c cameo) shown(ctx context.Context, person string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/v1/communities/1/users/"+person+"/photo", http.NoBody)
	if err != nil {
		return false, err
	}
	r.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Accept": {"application/json"}}
	got, err := c.web.Do(r)
	if err != nil {
		return false, err
	}
	defer got.Body.Close()
	var told struct {
		State string `json:"state"`
	}
	err = json.NewDecoder(got.Body).Decode(&told)
	return told.State == "ready", err
}

func measureGigyaTime(t *testing.T, r *rig) []section {
	file := largestPhotograph(t, 0)
	photo := base64.StdEncoding.EncodeToString(file)
	child := startChild(t, r)
	words, site := speaker(t, child), newGigyaClient(t, newWeb(t), child)
	person := string(servertest.Person("jane"))
	s := section{
		title: "A photograph of 6 MiB, until it is kept and until it is shown",
		about: fmt.Sprintf("%d times each, by turns, by one client. *%s*: the creation, one PATCH, the association, and "+
			"looking every 2 ms until it is ready. *%s*: one signed accounts.setProfilePhoto, its form made before.",
			gigyaRounds, inIgloo, inGigya),
		header: []string{"", "kept, p50, ms", "p90, ms", "shown, p50, ms", "p90, ms", "CPU until shown, p50, ms"},
	}
	took := map[string]map[string]times{inIgloo: {}, inGigya: {}}
	cpu := map[string]times{}
	for _, publish := range []string{"false", "true"} {
		send := iglooFlow(words, file, publish == "true")
		for range gigyaRounds {
			form := site.form("jane", photo, publish)
			for _, name := range []string{inIgloo, inGigya} {
				r.settle(t)
				before, begin := processTime(t, child.PID()), time.Now()
				var err error
				if name == inIgloo {
					err = send(t.Context(), person)
				} else {
					_, err = site.set(t.Context(), form)
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				took[name][publish] = append(took[name][publish], time.Since(begin))
				if publish == "true" {
					cpu[name] = append(cpu[name], processTime(t, child.PID())-before)
				}
			}
		}
	}
	for _, name := range []string{inIgloo, inGigya} {
		kept, shown := took[name]["false"], took[name]["true"]
		s.rows = append(s.rows, []string{
			name, inMS(kept.p50()), inMS(kept.at(0.9)), inMS(shown.p50()), inMS(shown.at(0.9)), inMS(cpu[name].p50()),
		})
	}
	s.bounds = []bound{atMost("p50 until shown, against Igloo's", ms(took[inGigya]["true"].p50()),
		1.5*ms(took[inIgloo]["true"].p50()), "ms")}
	return []section{s}
}

// measureGigyaMemory lets one client, and then a crowd, set photos at servers that have done nothing before.
func measureGigyaMemory(t *testing.T, r *rig) []section {
	file := largestPhotograph(t, 0)
	photo := base64.StdEncoding.EncodeToString(file)
	small := encodedPhotograph(t, gigyaCorner)
	few := base64.StdEncoding.EncodeToString(largestPhotograph(t, gigyaCorner))
	const ofFew, asFew = inGigya + ", few pixels in a file as large", inIgloo + ", as few in a file that is small"
	s := section{
		title: "Memory of photographs of 6 MiB",
		about: fmt.Sprintf("The peak resident memory (VmHWM) of a server that was started for it, over what it had before; for "+
			"one photograph the median of %d servers. Who is told to come again does, until it is done.", gigyaServers),
		header: []string{"", "growth, kB", "peak, kB", "all done, s", "told to come again"},
	}
	grown := map[string]int{}
	for _, name := range []string{inIgloo, inGigya, asFew, ofFew} {
		var all []int
		for range gigyaServers {
			child := startChild(t, r)
			site, words := newGigyaClient(t, newWeb(t), child), speaker(t, child)
			before := peakMemory(t, child.PID())
			switch name {
			case inGigya:
				gigyaFlood(t, site, photo, 1)
			case ofFew:
				gigyaFlood(t, site, few, 1)
			default:
				sent := file
				if name == asFew {
					sent = small
				}
				if err := iglooFlow(words, sent, true)(t.Context(), string(servertest.Person("jane"))); err != nil {
					t.Fatal(err)
				}
			}
			all = append(all, peakMemory(t, child.PID())-before)
			child.Kill()
		}
		slices.Sort(all)
		grown[name] = all[len(all)/2]
		s.rows = append(s.rows, []string{"one, " + name, strconv.Itoa(grown[name]), "", "", ""})
	}
	child := startChild(t, r)
	site := newGigyaClient(t, newWeb(t), child)
	before, begin := peakMemory(t, child.PID()), time.Now()
	again := gigyaFlood(t, site, photo, gigyaCrowd)
	took, peak := time.Since(begin), peakMemory(t, child.PID())
	crowd := fmt.Sprintf("%d at once, %s", gigyaCrowd, inGigya)
	s.rows = append(s.rows, []string{
		crowd, strconv.Itoa(peak - before), strconv.Itoa(peak), strconv.FormatFloat(took.Seconds(), 'f', 1, 64), strconv.Itoa(again),
	})
	s.bounds = []bound{
		atMost("one of few pixels, over a small file of as many", float64(grown[ofFew]-grown[asFew]), 3*gigyaPhoto>>10, "kB"),
		atMost("one photograph, over what Igloo's flow takes for it", float64(grown[inGigya]-grown[inIgloo]), 3*gigyaPhoto>>10, "kB"),
		atMost("peak memory of "+crowd, float64(peak), gigyaMost, "kB"),
	}
	return []section{s}
}

// startChild starts the program on the rig's disk.
func startChild(t *testing.T, r *rig) *servertest.Child {
	t.Helper()
	child := servertest.Process(t, servertest.ProcessOptions{Data: scratch(t, r.top), Unlimited: true})
	child.WaitReady()
	r.settle(t)
	return child
}
