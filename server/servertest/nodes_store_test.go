package servertest_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// smallRuns makes runs of all that is larger than a few pages.
func smallRuns() []string { return []string{"--inline-limit", "64KiB"} }

// R13: of all requests to the store 30 in 100 end in a reset, half of them after they were carried out, under
// 20 uploads.
func resetTheStore(t *testing.T, all *deployment) {
	t.Helper()
	const lines, size, chunk, seed = 20, 400_000, 100_000, 13
	proxy := s3test.NewProxy(t, all.minio)
	d := all.deploymentAt(t, proxy.Endpoint)
	child := d.nodes(1, smallRuns()...)[0]
	t.Logf("seed %d", seed)
	chance, resets := rand.New(rand.NewPCG(seed, 0)), 0
	proxy.Plan(func(string, int) s3test.Fault { // of one request at a time
		if chance.IntN(100) >= 30 {
			return s3test.Fault{}
		}
		resets++
		return s3test.Fault{Reset: true, Done: chance.IntN(2) == 0}
	})
	content := servertest.Picture("me.png", size)
	var under outage
	var running sync.WaitGroup
	keys := make([]string, lines)
	for n := range keys {
		jane := call(t, child)
		jane.trouble = true
		keys[n] = jane.create(size)
		running.Go(func() { under.upload(jane, keys[n], content, chunk) })
	}
	running.Wait()
	if proxy.Plan(noFault); resets < lines {
		t.Errorf("got %d resets, want some for each upload", resets)
	}
	t.Logf("%d resets, %d chunks, %d answers of 503", resets, under.chunks.Load(), under.refusals.Load())
	jane := call(t, child)
	for _, key := range keys {
		jane.wantWhole(key, content)
	}
	d.wantSegments()
	child.Kill()
	d.wantTidy()
}

func noFault(string, int) s3test.Fault { return s3test.Fault{} }

// wantSegments wants each upload to have each byte in one extent, and no blob to be in two.
func (d *deployment) wantSegments() {
	d.t.Helper()
	for what, query := range map[string]string{
		"uploads with a gap or a byte twice": `SELECT uploads.key FROM uploads JOIN extents ON extents.key = uploads.key
			GROUP BY uploads.key HAVING SUM(extents.len) <> MAX(uploads.length) OR MIN(extents.off) <> 0
			OR MAX(extents.off + extents.len) <> MAX(uploads.length)`,
		"blobs in two extents": `SELECT blob FROM extents WHERE blob <> '' GROUP BY blob HAVING COUNT(*) > 1`,
	} {
		if found := d.rows(query); len(found) > 0 {
			d.t.Errorf("%s: %q", what, found)
		}
	}
}

// R14: whatever the store answers, a run is stored and an upload finished once.
func survivePuts(t *testing.T, all *deployment) {
	t.Helper()
	proxy := s3test.NewProxy(t, all.minio)
	d := all.deploymentAt(t, proxy.Endpoint)
	child := d.nodes(1, smallRuns()...)[0]
	const size = 300_000
	jane, content := call(t, child), servertest.Picture("me.png", size)
	for name, c := range map[string]struct {
		first s3test.Fault
		times int
	}{
		"SlowDown":                     {s3test.Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown"}, 2},
		"InternalError":                {s3test.Fault{Status: http.StatusInternalServerError, Code: "InternalError"}, 2},
		"InternalError after the put":  {s3test.Fault{Status: http.StatusInternalServerError, Code: "InternalError", Done: true}, 1},
		"a reset after the put":        {s3test.Fault{Reset: true, Done: true}, 1},
		"no answer, after the put":     {s3test.Fault{Silent: true, Done: true}, 1},
		"an error with the status 200": {s3test.Fault{Status: http.StatusOK, Code: "InternalError"}, 2},
		"a bit turned on the way":      {s3test.Fault{Flip: true}, 2}, // R15: refused by its checksum
	} {
		proxy.Plan(func(op string, nth int) s3test.Fault {
			if op == "PutObject" && nth <= c.times {
				return c.first
			}
			return s3test.Fault{}
		})
		key := jane.create(size)
		jane.want(name+": a run", jane.patch(key, content, 0, size/2), http.StatusAccepted)
		got := jane.want(name+": the last run", jane.patch(key, content, size/2, size), http.StatusOK)
		if !bytes.Contains(got.body, []byte(`"isComplete":true`)) {
			t.Errorf("%s: got %v, want a complete upload", name, got)
		}
		if puts := proxy.Counts()["PutObject"]; puts < 2 {
			t.Errorf("%s: got %d puts, want one a run at least", name, puts)
		}
		proxy.Plan(noFault)
		jane.wantWhole(key, content)
	}
	d.wantSegments()
	child.Kill()
	d.wantTidy()
}

// R15: each put is damaged on its way, and then what is stored is damaged: neither is ever told or served as
// what was sent.
func refuseDamage(t *testing.T, all *deployment) {
	t.Helper()
	proxy := s3test.NewProxy(t, all.minio)
	d := all.deploymentAt(t, proxy.Endpoint)
	nodes := d.nodes(2, smallRuns()...)
	const size, large = 200_000, 20 * mebibyte // what is read before the answer begins lies between
	jane, other := call(t, nodes[0]), call(t, nodes[1])
	jane.trouble, other.trouble = true, true

	content := servertest.Picture("me.png", size)
	key := jane.create(size)
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{Flip: true} })
	jane.wantWaiting("a run that is always damaged", jane.patch(key, content, 0, size))
	proxy.Plan(noFault)
	if at := jane.stand(key); at != 0 {
		t.Errorf("got offset %d, want nothing acknowledged", at)
	}
	jane.finish(key, content)

	d.spoil(key)
	got := other.ask(http.MethodGet, "/.api2/binaries/"+key+"/download/me.png", nil, nil) // the first still has it
	jane.want("the damaged download", got, http.StatusInternalServerError)
	if !strings.Contains(string(got.body), "Service_DataCorrupt") || got.header.Get("ETag") != "" {
		t.Errorf("the damaged download: got %v, want a failure without the file's headers", got)
	}

	content = servertest.Picture("me.png", large)
	key = jane.create(large)
	jane.want("a large one", jane.patch(key, content, 0, large), http.StatusOK)
	d.spoil(key)
	served, err := jane.try(http.MethodGet, "/.api2/binaries/"+key+"/download/me.png", nil, http.NoBody, 0)
	if !broken(err) || len(served.body) >= large {
		t.Errorf("the large damaged download: got %d bytes, %v; want it to break off", len(served.body), err)
	}
	for _, node := range nodes {
		node.Kill()
	}
	d.wantTidy()
}

// spoil turns a bit of the last object of an upload behind the nodes' back.
func (d *deployment) spoil(key string) {
	d.t.Helper()
	client, name := d.minio.Client(http.DefaultClient), ""
	for _, object := range d.objects() {
		if strings.HasPrefix(object, key+"/") {
			name = d.stores.Prefix + "/" + object
		}
	}
	stored, err := client.GetObject(d.t.Context(), &awss3.GetObjectInput{Bucket: aws.String(s3test.Bucket), Key: &name})
	if err != nil {
		d.t.Fatal(err)
	}
	b, err := io.ReadAll(stored.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if _, err := client.PutObject(d.t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String(s3test.Bucket), Key: &name, Body: bytes.NewReader(b), Metadata: stored.Metadata,
	}); err != nil {
		d.t.Fatal(err)
	}
}
