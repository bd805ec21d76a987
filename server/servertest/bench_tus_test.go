//go:build bench && linux

package servertest_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"cameo/server/servertest"
)

const oursByTus = "cameo through tus"

// cameoByTus is cameo, spoken to in the words of tus.
type cameoByTus struct{ cameo }

func (c cameoByTus) signed(lines ...string) http.Header {
	h := tusHead(lines...)
	h.Set("Authorization", "Bearer "+c.token)
	return h
}

func (c cameoByTus) create(ctx context.Context, size int) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+tusUploads, http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header = c.signed(fmt.Sprint("Upload-Length: ", size), tusPNG)
	h, err := send(c.web, r, http.StatusCreated)
	return h.Get("Location"), err
}

func (c cameoByTus) patch(ctx context.Context, address string, at int, chunk []byte, _ int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPatch, address, bytes.NewReader(chunk))
	if err != nil {
		return err
	}
	r.Header = c.signed("Upload-Offset: " + strconv.Itoa(at))
	_, err = send(c.web, r, http.StatusNoContent)
	return err
}

// measureTus compares what the words cost, with processor time: bytes and rows are the same.
func measureTus(t *testing.T, r *rig) []section {
	child := startCameo(t, r.top, servertest.ProcessOptions{})
	own, _ := child.peer.(cameo)
	r.peers[oursByTus], r.pids[oursByTus] = cameoByTus{own}, child.pid
	var all []section
	for _, c := range []struct {
		title string
		race  race
	}{
		{"4 MiB in one PATCH, through tus", race{size: 4 << 20, chunk: 4 << 20, rounds: 45}},
		{"16 MiB in 16 PATCHes of 1 MiB, through tus", race{size: 16 << 20, chunk: 1 << 20, rounds: 30}},
	} {
		c.race.names = []string{ours, oursByTus}
		lanes := c.race.run(t, r)
		s := section{
			title: c.title, about: fmt.Sprintf("Each of them %d times, by turns.", c.race.rounds),
			header: []string{"", "p50, ms", "CPU, s per GiB"},
		}
		for _, name := range c.race.names {
			s.rows = append(s.rows, []string{
				name, inMS(lanes[name].uploads.p50()), fmt.Sprintf("%.2f", c.race.perGiB(lanes[name])),
			})
		}
		s.bounds = []bound{atMost("CPU through tus against Content-Range",
			c.race.perGiB(lanes[oursByTus])/c.race.perGiB(lanes[ours]), 1.15, "times")}
		all = append(all, s)
	}
	return all
}
