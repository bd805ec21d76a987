package servertest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// Nodes over PostgreSQL and MinIO, which these tests share: none of them does the servers harm.
func TestNodes(t *testing.T) {
	t.Parallel()
	s := startServers(t)
	for name, test := range map[string]func(*testing.T, *deployment){
		"R02 kill -9 during a PATCH":          killDuringPatch,
		"R03 a crash at every failpoint":      crashAtEveryFailpoint,
		"R06 a graceful stop":                 stopGracefully,
		"R13 a store that resets":             resetTheStore,
		"R14 a store that errs":               survivePuts,
		"R15 turned bits":                     refuseDamage,
		"R18 commits without an answer":       loseCommits,
		"R21 takeover by the other node":      takeOverFromTheOther,
		"R22 a repeat at the other node":      repeatElsewhere,
		"R23 a flaky phone":                   putByFlakyPhone,
		"R23 a flaky phone by cameo put":      putByCommand,
		"R24 two nodes, one offset":           raceOfTwoNodes,
		"R25 a zombie node":                   wakeTheZombie,
		"R26 a hundred PATCHes of an offset":  raceOfMany,
		"R29 clocks that differ":              goByOneClock,
		"R28 one queue of photos":             shareTheQueue,
		"the first nodes start together":      startTogether,
		"a store that dies":                   outliveTheStore,
		"the commands":                        takeTheStores,
		"what is wrong at the start":          sayWhatIsWrong,
		"a look at what is not there yet":     lookAndMakeNothing,
		"whatever step fails":                 neverGoBack,
		"a half-open PATCH goes on elsewhere": goOnElsewhere,
		"requests to S3 through tus":          countRequestsOfTus,
		"R21 takeover through tus":            takeOverByTus,
		"R23 a flaky phone through tus":       sendByFlakyTus,
		"a kill while parts are joined":       killWhileJoining,
		"requests to S3, resumable":           countRequestsOfResumable,
		"R21 takeover, resumable":             takeOverByResumable,
		"R23 a flaky phone, resumable":        sendByFlakyResumable,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s.deployment(t))
		})
	}
}

// servers are a PostgreSQL and a MinIO.
type servers struct {
	postgres *sqltest.Server
	minio    *s3test.Server
}

// startServers starts servers for the length of a test.
func startServers(t *testing.T) servers {
	t.Helper()
	servertest.Long(t, "starts PostgreSQL and MinIO")
	return servers{sqltest.Start(t), s3test.Start(t, s3test.MinIO)}
}

// deployment is an empty database, an empty bucket and the nodes over them.
type deployment struct {
	servers
	t      *testing.T
	stores servertest.Stores
}

func (s servers) deployment(t *testing.T) *deployment {
	t.Helper()
	return s.deploymentAt(t, s.minio.Endpoint)
}

// deploymentAt is one that reaches MinIO by another way.
func (s servers) deploymentAt(t *testing.T, endpoint string) *deployment {
	t.Helper()
	return &deployment{s, t, servertest.NewStores(t, s.postgres.Empty(t), endpoint)}
}

// nodes starts n nodes at once and returns them when they are ready.
func (d *deployment) nodes(n int, flags ...string) []*servertest.Child {
	d.t.Helper()
	all := make([]*servertest.Child, n)
	for i := range all {
		all[i] = servertest.Process(d.t, servertest.ProcessOptions{Stores: d.stores, Flags: flags})
	}
	for _, c := range all {
		c.WaitReady()
	}
	return all
}

// wantTidy is invariant I5 of a deployment whose nodes have ended: after all that can expire has expired and
// was swept, the bucket has exactly the objects that rows mention, and the mark.
func (d *deployment) wantTidy() {
	d.t.Helper()
	i := servertest.Start(d.t, servertest.Shared(d.stores))
	sweepAll(d.t, i)
	i.Stop()
	want := append([]string{"deployment"}, wantTidyRows(d.t, d.rows)...)
	slices.Sort(want)
	if got := d.objects(); !slices.Equal(got, want) {
		d.t.Errorf("after the sweep: got the objects %q, want those of the rows %q", got, want)
	}
}

func (d *deployment) rows(query string) []string {
	d.t.Helper()
	return rowsOf(d.t, sqldb.Config{URL: d.stores.Database}, query)
}

// objects are the keys of all that lies in the deployment's part of the bucket, in order.
func (d *deployment) objects() []string {
	d.t.Helper()
	client, prefix := d.minio.Client(http.DefaultClient), d.stores.Prefix+"/"
	pages := awss3.NewListObjectsV2Paginator(client, &awss3.ListObjectsV2Input{
		Bucket: aws.String(s3test.Bucket), Prefix: &prefix,
	})
	keys := []string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, strings.TrimPrefix(*o.Key, prefix))
		}
	}
	slices.Sort(keys)
	return keys
}
