package s3_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage/blobs/s3"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/fault"
)

// A store that is well is asked for next to nothing; one that has failed is looked at thoroughly.
func TestWhatCheckCosts(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	if _, err := s.Mark(t.Context(), "deployment-a"); err != nil {
		t.Fatal(err)
	}
	thorough := map[string]int{"PutObject": 1, "GetObject": 1, "DeleteObject": 1}
	none := func(string, int) s3test.Fault { return s3test.Fault{} }
	for _, step := range []struct {
		name string
		want map[string]int
		hurt bool // a put fails before
	}{
		{"the first", thorough, false},
		{"the next", map[string]int{"GetObject": 1}, false},
		{"after a failure", thorough, true},
		{"after that", map[string]int{"GetObject": 1}, false},
	} {
		if step.hurt {
			proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{Status: 403, Code: "AccessDenied"} })
			if err := put(t.Context(), s, blob, photo(1000, 1)); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("a put that is refused: got %v", err)
			}
		}
		proxy.Plan(none)
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := proxy.Counts(); !maps.Equal(got, step.want) {
			t.Errorf("%s: got the requests %v, want %v", step.name, got, step.want)
		}
	}
}

// A probe that could not be deleted is deleted by the next one.
func TestAProbeIsNotLeft(t *testing.T) {
	t.Parallel()
	server := s3test.Shared(t, s3test.MinIO)
	proxy, c := s3test.NewProxy(t, server), server.Config(t)
	c.Endpoint = proxy.Endpoint
	s := open(t, c)
	proxy.Plan(func(op string, _ int) s3test.Fault {
		if op == "DeleteObject" {
			return s3test.Fault{Status: http.StatusInternalServerError, Code: "InternalError"}
		}
		return s3test.Fault{}
	})
	if err := s.Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	if got := objects(t, server, c.Prefix); len(got) != 1 {
		t.Errorf("got the objects %q, want the probe", got)
	}
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := objects(t, server, c.Prefix); len(got) != 0 {
		t.Errorf("got the objects %q, want none", got)
	}
}

// The probes of processes that have died are deleted at the next start, but not those that may be in use.
func TestProbesOfTheDead(t *testing.T) {
	t.Parallel()
	server := s3test.Shared(t, s3test.VersityGW)
	c := server.Config(t)
	client := server.Client(http.DefaultClient)
	for name, age := range map[string]time.Duration{".probe-old": 2 * time.Hour, ".probe-young": time.Minute, "deployment": 2 * time.Hour} {
		_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String(s3test.Bucket), Key: aws.String(c.Prefix + "/" + name), Body: http.NoBody, ContentLength: aws.Int64(0),
		})
		then := time.Now().Add(-age)
		if err == nil { // the server tells a file's time as the object's
			err = os.Chtimes(filepath.Join(server.Dir, "data", s3test.Bucket, c.Prefix, name), then, then)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s3.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got, want := objects(t, server, c.Prefix), []string{".probe-young", "deployment"}; !slices.Equal(got, want) {
		t.Errorf("got the objects %q, want %q", got, want)
	}
}

// objects are the names of all objects below a prefix.
func objects(t *testing.T, server *s3test.Server, prefix string) []string {
	t.Helper()
	out, err := server.Client(http.DefaultClient).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{
		Bucket: aws.String(s3test.Bucket), Prefix: aws.String(prefix + "/"),
	})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, o := range out.Contents {
		names = append(names, aws.ToString(o.Key)[len(prefix)+1:])
	}
	return names
}
