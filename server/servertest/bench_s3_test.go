//go:build bench && linux

package servertest_test

import (
	"fmt"
	"strconv"
	"testing"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/sqldb/sqltest"
)

// The competitors on S3, besides cameo and tusd.
const (
	node      = "@tus/server"
	direct    = "PutObject"
	plain     = "PutObject, unsigned"
	multipart = "multipart upload"
	floor     = "a row for each chunk, and PutObject"
)

// cloud is where bytes and rows go when they do not go to the disk.
type cloud struct {
	minio    *s3test.Server
	postgres *sqltest.Server
}

// options run cameo with a database and a prefix of its own. The bytes go by way of endpoint.
func (c *cloud) options(t *testing.T, endpoint, database string, flags ...string) servertest.ProcessOptions {
	t.Helper()
	blobs := fmt.Sprintf("s3://%s/%s?endpoint=%s&path_style=true",
		s3test.Bucket, c.minio.Config(t).Prefix, endpoint)
	return servertest.ProcessOptions{
		Flags: append(flags, "--database", database, "--blobs", blobs),
		Env:   environment(endpoint),
	}
}

// environment is what every SDK of S3 reads.
func environment(endpoint string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + s3test.Access, "AWS_SECRET_ACCESS_KEY=" + s3test.Secret, "AWS_REGION=" + s3test.Region,
		"AWS_ENDPOINT_URL_S3=" + endpoint, "CAMEO_BENCH_BUCKET=" + s3test.Bucket,
	}
}

// start runs all servers that speak to S3 by way of endpoint.
func (c *cloud) start(t *testing.T, top, endpoint string) map[string]process {
	t.Helper()
	all := map[string]process{
		ours: startCameo(t, top, c.options(t, endpoint, c.postgres.Database(t))),
		theirs: startTusd(t, environment(endpoint), "-s3-bucket", s3test.Bucket, "-s3-endpoint", endpoint,
			"-s3-object-prefix", c.minio.Config(t).Prefix+"/"),
	}
	if p, ok := startNode(t, endpoint); ok {
		all[node] = p
	}
	return all
}

// newCloudRig starts MinIO and PostgreSQL, and the competitors on them.
func newCloudRig(t *testing.T) *rig {
	r := emptyRig(t)
	r.cloud = &cloud{minio: s3test.Start(t, s3test.MinIO), postgres: sqltest.Start(t)}
	for name, p := range r.cloud.start(t, r.top, r.cloud.minio.Endpoint) {
		r.peers[name], r.pids[name] = p.peer, p.pid
	}
	byTus := startCameo(t, r.top, r.cloud.options(t, r.cloud.minio.Endpoint, r.cloud.postgres.Database(t)))
	own, _ := byTus.peer.(cameo)
	r.peers[oursByTus], r.pids[oursByTus] = cameoByTus{own}, byTus.pid
	client := r.cloud.minio.Client(newWeb(t))
	prefix := r.cloud.minio.Config(t).Prefix + "/"
	r.peers[direct] = &whole{client: client, prefix: prefix + "a"}
	r.peers[plain] = &whole{client: client, prefix: prefix + "b", unsigned: true}
	r.peers[multipart] = &parts{client: client, prefix: prefix + "c"}
	r.peers[floor] = newPiecemeal(t, r, &whole{client: client, prefix: prefix + "d", unsigned: true})
	return r
}

// running are those of the names that take part in this run.
func (r *rig) running(names ...string) (here []string) {
	for _, name := range names {
		if r.peers[name] != nil {
			here = append(here, name)
		}
	}
	return here
}

// TestBenchS3 measures PostgreSQL and S3 against servers that keep uploads in the same MinIO, in the same run.
func TestBenchS3(t *testing.T) {
	r := newCloudRig(t)
	to := report{file: "s3.md", title: "PostgreSQL and S3", peers: []string{tusdVersion, "MinIO: built from deploy/tools"}}
	if r.peers[node] == nil {
		to.peers = append(to.peers, node+": left out, npm is not installed")
	} else {
		to.peers = append(to.peers, node+": 2.4.5 with @tus/s3-store 2.0.7")
	}
	measureAll(t, r, to, []measurement{
		{"requests", measureRequests},
		{"put", measurePut},
		{"large", measureLargePut},
		{"pieces", measurePieces},
		{"crumbs", measureCrumbs},
		{"crowd", measureCrowd},
		{"slow", measureSlow},
		{"growth", measureGrowth},
	})
}

// versus is one bound of a race: how many times as fast as somebody cameo must be, by the p50 of the time.
type versus struct {
	name  string
	times float64
}

// runOnCloud judges a race on S3. CPU and memory are those of the server alone, MinIO's and PostgreSQL's beside it.
func (c race) runOnCloud(t *testing.T, r *rig, title string, least []versus, cpu bool) section {
	t.Helper()
	r.forgetPeaks(t)
	lanes := c.run(t, r)
	s := section{
		title: title,
		about: fmt.Sprintf("Each of them %d times, by turns; a time is that of all PATCHes of an upload, and memory the most "+
			"that was resident meanwhile.", c.rounds),
		header: []string{
			"", "PATCH p50, ms", "p90, ms", "least, ms", "MiB/s at p50", "POST p50, ms", "CPU, s per GiB",
			"memory, MiB",
		},
	}
	for _, name := range c.names {
		l := lanes[name]
		post, processor, memory := "–", "–", "–"
		if pid, ok := r.pids[name]; ok {
			post, processor = inMS(l.creations.p50()), fmt.Sprintf("%.2f", c.perGiB(l))
			memory = strconv.Itoa(peakMemory(t, pid) >> 10)
		}
		s.rows = append(s.rows, []string{
			name, inMS(l.uploads.p50()), inMS(l.uploads.at(0.9)), inMS(l.uploads.at(0)),
			fmt.Sprintf("%.0f", float64(c.size)/(1<<20)/l.uploads.p50().Seconds()), post, processor, memory,
		})
	}
	for _, v := range least {
		ratio := float64(lanes[v.name].uploads.p50()) / float64(lanes[ours].uploads.p50())
		s.bounds = append(s.bounds, atLeast("speed against "+v.name, ratio, v.times, "times"))
	}
	if cpu {
		ratio := c.perGiB(lanes[ours]) / c.perGiB(lanes[theirs])
		s.bounds = append(s.bounds, atMost("server CPU against tusd", ratio, 0.6, "times"))
	}
	return s
}

func measurePut(t *testing.T, r *rig) []section {
	c := race{names: r.running(ours, oursByTus, theirs, node, direct, plain), size: 4 << 20, chunk: 4 << 20, rounds: 60}
	return []section{c.runOnCloud(t, r, "4 MiB in one PATCH", []versus{{direct, 1 / 1.2}}, true)}
}

func measureLargePut(t *testing.T, r *rig) []section {
	c := race{names: r.running(ours, oursByTus, theirs, node, multipart), size: 64 << 20, chunk: 64 << 20, rounds: 12}
	return []section{c.runOnCloud(t, r, "64 MiB in one PATCH",
		[]versus{{theirs, 1.1}, {multipart, 0.9}}, true)}
}

func measurePieces(t *testing.T, r *rig) []section {
	c := race{names: r.running(ours, theirs, floor), size: 64 << 20, chunk: 1 << 20, rounds: 5}
	return []section{c.runOnCloud(t, r, "64 MiB in 64 PATCHes of 1 MiB", []versus{{theirs, 5}}, false)}
}

func measureCrumbs(t *testing.T, r *rig) []section {
	c := race{names: r.running(ours, theirs, floor), size: 4 << 20, chunk: 256 << 10, rounds: 15}
	return []section{c.runOnCloud(t, r, "4 MiB in 16 PATCHes of 256 KiB", []versus{{theirs, 8}}, false)}
}
