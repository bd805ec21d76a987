package s3_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"cameo/storage/blobs/s3"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/fault"
)

// website is an HTTP server that is no S3 store.
func website(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<html><body>It works!</body></html>"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// scripted is a store that answers every put with an error.
func scripted(status int, code string) func(*testing.T, *s3test.Server, *s3.Config) {
	return func(t *testing.T, server *s3test.Server, c *s3.Config) {
		t.Helper()
		proxy := s3test.NewProxy(t, server)
		proxy.Plan(func(op string, _ int) s3test.Fault {
			if op == "PutObject" {
				return s3test.Fault{Status: status, Code: code}
			}
			return s3test.Fault{}
		})
		c.Endpoint = proxy.Endpoint
	}
}

func endpoint(address func(t *testing.T) string) func(*testing.T, *s3test.Server, *s3.Config) {
	return func(t *testing.T, _ *s3test.Server, c *s3.Config) {
		t.Helper()
		c.Endpoint = address(t)
	}
}

func keys(access, secret string) func(*testing.T, *s3test.Server, *s3.Config) {
	return func(_ *testing.T, _ *s3test.Server, c *s3.Config) {
		c.Credentials = credentials.NewStaticCredentialsProvider(access, secret, "")
	}
}

// What is wrong with the store is said when it is opened, each trouble by a sentence of its own.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*testing.T, *s3test.Server, *s3.Config)
		kind   fault.Kind
		reason string
	}{
		{
			"the bucket is missing", func(_ *testing.T, _ *s3test.Server, c *s3.Config) { c.Bucket = "nowhere" },
			fault.Invalid, "bucket_missing",
		},
		{"the key is unknown", keys("stranger", s3test.Secret), fault.Invalid, "credentials_refused"},
		{"the secret is wrong", keys(s3test.Access, "hunter2-hunter2"), fault.Invalid, "credentials_refused"},
		{"the bucket is read-only", scripted(403, "AccessDenied"), fault.Invalid, "access_denied"},
		{"the clocks differ", scripted(403, "RequestTimeTooSkewed"), fault.Invalid, "clock_skew"},
		{"the region is another", scripted(301, "PermanentRedirect"), fault.Invalid, "region_wrong"},
		{"the store is full", scripted(507, "XMinioStorageFull"), fault.Full, "store_full"},
		{"the store is busy", scripted(503, "SlowDown"), fault.Unavailable, "store_busy"},
		{
			"nobody listens", endpoint(func(*testing.T) string { return "http://127.0.0.1:1" }),
			fault.Unavailable, "store_down",
		},
		{
			"the endpoint's name is unknown", endpoint(func(*testing.T) string { return "http://nowhere.invalid" }),
			fault.Unavailable, "endpoint_unknown",
		},
		{
			"a web server that knows nothing", endpoint(func(t *testing.T) string { return website(t, 404) }),
			fault.Invalid, "endpoint_wrong",
		},
		{
			"a web server that takes no puts", endpoint(func(t *testing.T) string { return website(t, 405) }),
			fault.Invalid, "endpoint_wrong",
		},
		{"https at an http port", endpoint(func(t *testing.T) string {
			return strings.Replace(website(t, 200), "http:", "https:", 1)
		}), fault.Invalid, "endpoint_wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachServer(t, func(t *testing.T, server *s3test.Server) {
				config := server.Config(t)
				c.change(t, server, &config)
				_, err := s3.Open(t.Context(), config)
				shown := fault.Public(err)
				if shown == nil || shown.Kind != c.kind || shown.Reason != c.reason {
					t.Fatalf("got %v (%+v), want %v, %s", err, shown, c.kind, c.reason)
				}
				for _, secret := range []string{s3test.Secret, "hunter2", "http", "127.0.0.1", "Signature"} {
					if strings.Contains(shown.Message, secret) {
						t.Errorf("the message %q shows %q", shown.Message, secret)
					}
				}
				if strings.Contains(err.Error(), s3test.Secret) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("the log shows a secret: %v", err)
				}
			})
		})
	}
}

// Each right is missed at the start: a store that refuses to list would never be swept.
func TestOpenMissesEachRight(t *testing.T) {
	t.Parallel()
	server := s3test.Shared(t, s3test.MinIO)
	for name, c := range map[string]struct {
		policy string
		want   string // reason
	}{
		"all":       {s3test.Allow(true, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"), ""},
		"no list":   {s3test.Allow(false, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"), "access_denied"},
		"no put":    {s3test.Allow(true, "s3:GetObject"), "access_denied"},
		"no get":    {s3test.Allow(true, "s3:PutObject", "s3:DeleteObject"), "access_denied"},
		"no delete": {s3test.Allow(true, "s3:GetObject", "s3:PutObject"), "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := server.Config(t)
			config.Credentials = credentials.StaticCredentialsProvider{Value: server.User(t, c.policy)}
			_, err := s3.Open(t.Context(), config)
			if c.want == "" && err == nil {
				return
			}
			if !fault.Is(err, fault.Invalid) || fault.Public(err).Reason != c.want {
				t.Errorf("got %v, want Invalid, %s", err, c.want)
			}
		})
	}
}

// With virtual hosts the bucket is a part of the host's name.
func TestVirtualHostStyle(t *testing.T) {
	t.Parallel()
	c := s3test.Shared(t, s3test.MinIO).Config(t)
	c.Endpoint = "http://nowhere.invalid"
	for pathStyle, want := range map[bool]string{
		true: "http://nowhere.invalid/cameo/" + c.Prefix + "/", false: "http://cameo.nowhere.invalid/" + c.Prefix + "/",
	} {
		c.PathStyle = pathStyle
		if _, err := s3.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("path_style=%v: got %v, want a request to %s", pathStyle, err, want)
		}
	}
}

func TestAWebServerThatAcceptsAllIsNoStore(t *testing.T) {
	t.Parallel()
	c := s3test.Shared(t, s3test.MinIO).Config(t)
	c.Endpoint = website(t, 200)
	s, err := s3.Open(t.Context(), c)
	if err == nil {
		_, err = s.Mark(t.Context(), "deployment-a")
	}
	if err == nil {
		t.Error("got no error")
	}
}

// While the store runs a client learns only that it does not work; Check tells the rest.
func TestCheckSaysWhatClientsAreNotTold(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{Status: 403, Code: "InvalidAccessKeyId"} })
	err := put(t.Context(), s, blob, photo(1_000, 1))
	if got := fault.Public(err); got.Kind != fault.Unavailable || strings.Contains(got.Message, "credentials") {
		t.Errorf("a client: got %v %q", got.Kind, got.Message)
	}
	err = s.Check(t.Context())
	if got := fault.Public(err); got.Kind != fault.Unavailable || !strings.Contains(got.Message, "credentials") {
		t.Errorf("Check: got %v %q", got.Kind, got.Message)
	}
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check afterwards: %v", err)
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		for ask, want := range map[s3.Checksums]s3.Checksums{
			"": s3.CRC64NVME, s3.Auto: s3.CRC64NVME, s3.CRC64NVME: s3.CRC64NVME, s3.CRC32C: s3.CRC32C, s3.None: s3.None,
		} {
			c := server.Config(t)
			c.Checksums = ask
			s := open(t, c)
			if got := s.Checksums(); got != want || !s.Conditional() {
				t.Errorf("%q: got %s, conditional %v, want %s, true", ask, got, s.Conditional(), want)
			}
			if err := put(t.Context(), s, blob, photo(300_000, 1)); err != nil {
				t.Errorf("%q: %v", ask, err)
			}
			wantStored(t, s, blob, photo(300_000, 1))
		}
	})
}

// A store that does not know a checksum is asked for the next, and one that knows none is used without.
func TestStoresThatKnowLess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refused int // first puts that are refused
		want    s3.Checksums
	}{
		"no crc64nvme": {1, s3.CRC32C}, "no checksums": {2, s3.None},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := s3test.Shared(t, s3test.MinIO)
			proxy := s3test.NewProxy(t, server)
			proxy.Plan(func(op string, nth int) s3test.Fault {
				if op == "PutObject" && nth <= c.refused {
					return s3test.Fault{Status: 501, Code: "NotImplemented"}
				}
				return s3test.Fault{}
			})
			config := server.Config(t)
			config.Endpoint = proxy.Endpoint
			s := open(t, config)
			if got := s.Checksums(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A store that does not take the request that deletes many is asked name by name.
func TestDeleteOneByOne(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	proxy.Plan(func(op string, _ int) s3test.Fault {
		if op == "DeleteObjects" {
			return s3test.Fault{Status: 501, Code: "NotImplemented"}
		}
		return s3test.Fault{}
	})
	for range 2 {
		if err := put(t.Context(), s, blob, photo(1_000, 1)); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), blob, "4fGh1Jk2Lm/9-9"); err != nil {
			t.Fatal(err)
		}
		if _, err := get(t.Context(), s, blob, 1); !fault.Is(err, fault.NotFound) {
			t.Fatalf("got %v, want NotFound", err)
		}
	}
	if got := proxy.Counts(); got["DeleteObjects"] != 1 || got["DeleteObject"] != 4 {
		t.Errorf("got %v, want the request that deletes many to be tried once", got)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		c := server.Config(t)
		s := open(t, c)
		for _, id := range []string{"deployment-a", "deployment-b"} {
			if got, err := s.Mark(t.Context(), id); got != "deployment-a" || err != nil {
				t.Errorf("got %q, %v, want deployment-a", got, err)
			}
		}
		if names, err := s.List(t.Context(), "", "", 9); err != nil || len(names) > 0 {
			t.Errorf("the mark is listed as a blob: %q, %v", names, err)
		}
	})
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	c, err := s3.ParseURL("s3://cameo?endpoint=http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	c.Random = strings.NewReader(strings.Repeat("x", 1_000))
	_, err = s3.Open(context.Background(), c)
	if got := fault.Public(err); !fault.Is(err, fault.Invalid) || !strings.Contains(got.Message, "AWS_ACCESS_KEY_ID") {
		t.Errorf("got %v", err)
	}
}
