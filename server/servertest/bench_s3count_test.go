//go:build bench && linux

package servertest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// asker is a competitor that tells how far an upload is.
type asker interface {
	peer
	head(ctx context.Context, address string) error
	// cut sends the first bytes of an upload of size bytes and breaks the connection.
	cut(ctx context.Context, address string, arrived []byte, size int) error
}

// costs are the cases whose requests to S3 are counted, and how many cameo's are.
var costs = []struct {
	name        string
	size, chunk int
	requests    int
}{
	{"4 MiB in one PATCH", 4 << 20, 4 << 20, 1},
	{"4 MiB in 1 MiB chunks", 4 << 20, 1 << 20, 1},
	{"4 MiB in 256 KiB chunks", 4 << 20, 256 << 10, 1},
	{"64 MiB in one PATCH", 64 << 20, 64 << 20, 4},
	{"64 MiB in 8 MiB chunks", 64 << 20, 8 << 20, 8},
	{"64 MiB in 1 MiB chunks", 64 << 20, 1 << 20, 4},
}

// measureRequests counts at a proxy before MinIO, in a pass of its own: no time is taken here.
func measureRequests(t *testing.T, r *rig) []section {
	s := section{
		title: "Requests to S3 for one upload",
		about: "Creation included; behind the number of requests, MiB written and MiB read back. " +
			"A cut is a connection that breaks after 3 of 4 MiB.",
	}
	var rows [][]string
	for _, c := range costs {
		rows = append(rows, []string{c.name})
	}
	rows = append(rows, []string{"status query"}, []string{"PATCH cut at 3 MiB"})
	proxies := map[string]*s3test.Proxy{}
	for _, name := range r.running(ours, theirs, node) {
		proxies[name] = s3test.NewProxy(t, r.cloud.minio)
		p := r.cloud.start(t, r.top, proxies[name].Endpoint)[name]
		who, _ := p.peer.(asker)
		found := count(t, who, proxies[name])
		s.header = append(s.header, name)
		for i, f := range found {
			rows[i] = append(rows[i], fmt.Sprintf("%d (%.1f, %.1f)", f.Requests, mib(f.Written), mib(f.Read)))
		}
		if name == ours {
			s.bounds = ourCosts(found)
		}
	}
	s.header = append([]string{""}, s.header...)
	s.rows = rows
	return []section{s}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// ourCosts holds what cameo has cost against the goal, which is exact but for a cut.
func ourCosts(found []s3test.Traffic) (bounds []bound) {
	for i, c := range costs {
		bounds = append(bounds,
			atMost(c.name, float64(found[i].Requests), float64(c.requests), "requests"),
			atMost(c.name, mib(found[i].Written+found[i].Read), mib(int64(c.size)), "MiB written and read"))
	}
	status, cut := found[len(costs)], found[len(costs)+1]
	return append(bounds, atMost("status query", float64(status.Requests), 0, "requests"),
		atMost("PATCH cut at 3 MiB", float64(cut.Requests), 1, "requests"))
}

// count makes one upload for each case, then asks for its state, then cuts one.
func count(t *testing.T, p asker, proxy *s3test.Proxy) (found []s3test.Traffic) {
	t.Helper()
	ctx, must := t.Context(), func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fresh := func() { proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} }) }
	for _, c := range costs {
		content := servertest.Picture("bench", c.size)
		fresh()
		address, err := p.create(ctx, c.size)
		must(err)
		must(race{chunk: c.chunk}.upload(ctx, p, address, content))
		found = append(found, proxy.Traffic())
	}
	content := servertest.Picture("bench", 4<<20)
	address, err := p.create(ctx, len(content))
	must(err)
	must(p.patch(ctx, address, 0, content[:1<<20], len(content)))
	fresh()
	must(p.head(ctx, address))
	found = append(found, proxy.Traffic())

	address, err = p.create(ctx, len(content))
	must(err)
	fresh()
	must(p.cut(ctx, address, content[:3<<20], len(content)))
	time.Sleep(2 * time.Second) // nobody answers who could say that the server is done
	return append(found, proxy.Traffic())
}

// errCut is how a body ends whose connection is to break.
var errCut = errors.New("cut on purpose")

// halfway is a body that breaks off after these bytes.
func halfway(arrived []byte) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write(arrived)
		time.Sleep(200 * time.Millisecond) // for what is in the client's own buffers
		w.CloseWithError(errCut)
	}()
	return r
}

func cutOff(web *http.Client, address string, arrived []byte, size int, h http.Header) error {
	r, err := http.NewRequest(http.MethodPatch, address, halfway(arrived))
	if err != nil {
		return err
	}
	r.Header, r.ContentLength = h, int64(size)
	resp, err := web.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, errCut) {
		return fmt.Errorf("a cut request ended with %w", err)
	}
	return nil
}

func (c cameo) cut(_ context.Context, address string, arrived []byte, size int) error {
	return cutOff(c.web, address, arrived, size, http.Header{
		"Authorization": {"Bearer " + c.token}, "Content-Type": {"image/png"},
		"Content-Range": {"bytes 0-" + strconv.Itoa(size-1) + "/" + strconv.Itoa(size)},
	})
}

func (p tus) cut(_ context.Context, address string, arrived []byte, size int) error {
	return cutOff(p.web, address, arrived, size, http.Header{
		"Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {"0"},
	})
}
