package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/blobs/s3"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/fault"
)

// slack is what a loaded machine may add to a time limit.
const slack = 2 * time.Second

const blob = storage.Name("4fGh1Jk2Lm/1-0")

// behind opens a store behind a proxy.
func behind(t *testing.T, server *s3test.Server) (*s3.Store, *s3test.Proxy) {
	t.Helper()
	p := s3test.NewProxy(t, server)
	c := server.Config(t)
	c.Endpoint = p.Endpoint
	return open(t, c), p
}

// photo is n bytes that do not repeat, in pages.
func photo(n int, seed uint64) [][]byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	var pages [][]byte
	for page := 256 << 10; len(b) > 0; b = b[min(page, len(b)):] {
		pages = append(pages, b[:min(page, len(b))])
	}
	return pages
}

func put(ctx context.Context, s storage.Blobs, name storage.Name, pages [][]byte) error {
	r, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	return errors.Join(r.Write(ctx, pages...), r.Sync(ctx))
}

func get(ctx context.Context, s storage.Blobs, name storage.Name, n int) ([]byte, error) {
	r, err := s.Open(ctx, name, 0, int64(n))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func wantStored(t *testing.T, s storage.Blobs, name storage.Name, pages [][]byte) {
	t.Helper()
	want := bytes.Join(pages, nil)
	got, err := get(t.Context(), s, name, len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s: got %d bytes, %v, want the %d that were put", name, len(got), err, len(want))
	}
}

// A put meets trouble at its first attempts; what the store holds afterwards is what was sent, once.
func TestPutSurvives(t *testing.T) {
	t.Parallel()
	slowDown := s3test.Fault{Status: http.StatusServiceUnavailable, Code: "SlowDown"}
	for _, c := range []struct {
		name   string
		faults []s3test.Fault // of the first puts
		puts   int
	}{
		{"SlowDown twice", []s3test.Fault{slowDown, slowDown}, 3},
		{"InternalError", []s3test.Fault{{Status: http.StatusInternalServerError, Code: "InternalError"}}, 2},
		{"a 502 without a code", []s3test.Fault{{Status: http.StatusBadGateway}}, 2},
		{"a reset", []s3test.Fault{{Reset: true}}, 2},
		{"a reset after the commit", []s3test.Fault{{Done: true, Reset: true}}, 1},
		{"a 500 after the commit", []s3test.Fault{{Done: true, Status: 500, Code: "InternalError"}}, 1},
		{"a silence after the commit", []s3test.Fault{{Done: true, Silent: true}}, 1},
		{"a silence", []s3test.Fault{{Silent: true}}, 2},
		{"a bit turned on the way", []s3test.Fault{{Flip: true}}, 2},
		{"a clock that the SDK corrects", []s3test.Fault{{Status: 403, Code: "RequestTimeTooSkewed"}}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachServer(t, func(t *testing.T, server *s3test.Server) {
				sizes := []int{3 << 20, 10_000}
				if c.faults[0].Silent {
					sizes = sizes[:1] // it takes five seconds
				}
				for _, size := range sizes {
					s, proxy := behind(t, server)
					proxy.Plan(func(op string, nth int) s3test.Fault {
						if op == "PutObject" && nth <= len(c.faults) {
							return c.faults[nth-1]
						}
						return s3test.Fault{}
					})
					if err := put(t.Context(), s, blob, photo(size, 1)); err != nil {
						t.Fatalf("%d bytes: %v", size, err)
					}
					if got := proxy.Counts()["PutObject"]; got != c.puts {
						t.Errorf("%d bytes: got %d puts, want %d", size, got, c.puts)
					}
					wantStored(t, s, blob, photo(size, 1))
				}
			})
		})
	}
}

// What is lost is not told as stored, and what another run stored is not taken for this one's.
func TestPutFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault s3test.Fault
		want  fault.Kind
	}{
		{"SlowDown", s3test.Fault{Status: 503, Code: "SlowDown"}, fault.Unavailable},
		{"resets", s3test.Fault{Reset: true}, fault.Unavailable},
		{"turned bits", s3test.Fault{Flip: true}, fault.Unavailable},
		{"a full store", s3test.Fault{Status: 507, Code: "XMinioStorageFull"}, fault.Full},
		{"a refusal", s3test.Fault{Status: 403, Code: "AccessDenied"}, fault.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
			proxy.Plan(func(op string, _ int) s3test.Fault {
				if op == "PutObject" {
					return c.fault
				}
				return s3test.Fault{}
			})
			err := put(t.Context(), s, blob, photo(300_000, 1))
			if !fault.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if shown := fault.Public(err).Message; strings.Contains(shown, "127.0.0.1") || strings.Contains(shown, "planned") {
				t.Errorf("a client is shown %q", shown)
			}
			if _, err := get(t.Context(), s, blob, 1); !fault.Is(err, fault.NotFound) {
				t.Errorf("after it: got %v, want NotFound", err)
			}
		})
	}
}

func TestALostAnswerIsNotTakenForAnothersObject(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	if err := put(t.Context(), s, blob, photo(300_000, 1)); err != nil {
		t.Fatal(err)
	}
	proxy.Plan(func(op string, nth int) s3test.Fault {
		return s3test.Fault{Reset: op == "PutObject" && nth == 1}
	})
	if err := put(t.Context(), s, blob, photo(300_000, 2)); !fault.Is(err, fault.Exists) {
		t.Errorf("got %v, want Exists", err)
	}
	wantStored(t, s, blob, photo(300_000, 1))
}

// R13: of all requests 30 in 100 end in a reset, half of them after they were carried out.
func TestResets(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	const seed = 13
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, 0))
	proxy.Plan(func(string, int) s3test.Fault {
		mu.Lock()
		defer mu.Unlock()
		resets, done := chance.IntN(100) < 30, chance.IntN(2) == 0
		return s3test.Fault{Reset: resets, Done: resets && done}
	})
	const runs = 40
	var errs [runs]error
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() {
			errs[i] = put(t.Context(), s, storage.RunName("4fGh1Jk2Lm", 1, i, "a"), photo(400_000, uint64(i)))
		})
	}
	all.Wait()
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
	stored := 0
	for i, err := range errs {
		if err != nil {
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("run %d: got %v, want Unavailable", i, err)
			}
			continue
		}
		stored++
		wantStored(t, s, storage.RunName("4fGh1Jk2Lm", 1, i, "a"), photo(400_000, uint64(i)))
	}
	if stored < runs*3/4 {
		t.Errorf("got %d of %d runs stored, want most", stored, runs)
	}
}

func TestReadingGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		s, proxy := behind(t, server)
		if err := put(t.Context(), s, blob, photo(2<<20, 1)); err != nil {
			t.Fatal(err)
		}
		proxy.Plan(func(op string, nth int) s3test.Fault {
			if nth <= 2 {
				return s3test.Fault{Cut: 700_000}
			}
			return s3test.Fault{}
		})
		wantStored(t, s, blob, photo(2<<20, 1))
		if got := proxy.Counts()["GetObject"]; got != 3 {
			t.Errorf("got %d requests, want 3", got)
		}
		proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{Cut: 1_000} })
		if got, err := get(t.Context(), s, blob, 2<<20); !fault.Is(err, fault.Unavailable) || len(got) > 10_000 {
			t.Errorf("cut each time: got %d bytes, %v, want Unavailable", len(got), err)
		}
	})
}

// R11: a frozen store is given up within ten seconds, and once that is known at once; it recovers by itself.
func TestFrozenStore(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.MinIO)
	s := open(t, server.Config(t))
	if err := put(t.Context(), s, blob, photo(3<<20, 1)); err != nil {
		t.Fatal(err)
	}
	server.Freeze(t)
	operations := map[string]func() error{
		"put":    func() error { return put(t.Context(), s, "4fGh1Jk2Lm/2-0", photo(3<<20, 2)) },
		"get":    func() error { _, err := get(t.Context(), s, blob, 3<<20); return err },
		"list":   func() error { _, err := s.List(t.Context(), "", "", 9); return err },
		"delete": func() error { return s.Delete(t.Context(), "4fGh1Jk2Lm/3-0") },
		"check":  func() error { return s.Check(t.Context()) },
	}
	var all sync.WaitGroup
	start := time.Now()
	for name, operation := range operations {
		all.Go(func() {
			if err := operation(); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: got %v, want Unavailable", name, err)
			}
			if took := time.Since(start); took > 10*time.Second+slack {
				t.Errorf("%s answered after %v", name, took)
			}
		})
	}
	all.Wait()
	start = time.Now()
	if err := operations["delete"](); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the next one: got %v, want Unavailable", err)
	}
	if took := time.Since(start); took > 2*time.Second+slack {
		t.Errorf("the next one answered after %v", took)
	}
	server.Thaw(t)
	for end := time.Now().Add(20 * time.Second); ; {
		err := s.Check(t.Context())
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("after the thaw: %v", err)
		}
	}
	wantStored(t, s, blob, photo(3<<20, 1))
}

// A check whose put was carried out and not answered leaves nothing once the store works again.
func TestAProbeIsNotLeft(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		c, proxy := server.Config(t), s3test.NewProxy(t, server)
		c.Endpoint = proxy.Endpoint
		s := open(t, c)
		proxy.Plan(func(op string, _ int) s3test.Fault {
			return s3test.Fault{Reset: op == "PutObject", Done: op == "PutObject"}
		})
		for range 2 {
			if err := s.Check(t.Context()); err == nil {
				t.Fatal("a check without an answer succeeds")
			}
		}
		proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := proxy.Counts()["DeleteObjects"]; got != 1 {
			t.Errorf("got %d requests that delete several, want 1 for the probes", got)
		}
		left, err := server.Client(http.DefaultClient).ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{
			Bucket: aws.String(s3test.Bucket), Prefix: aws.String(c.Prefix + "/"),
		})
		if err != nil || len(left.Contents) > 0 {
			t.Errorf("got %d objects left, %v, want none", len(left.Contents), err)
		}
	})
}
