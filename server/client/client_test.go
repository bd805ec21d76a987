package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cameo/server/boot"
	"cameo/server/client"
	"cameo/server/servertest"
	"cameo/storage"
	"cameo/storage/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a picture of n bytes.
func source(n int) client.Source {
	return client.Source{
		ReaderAt: bytes.NewReader(servertest.Picture("me.png", n)), Size: int64(n), Name: "me.png", Type: "image/png",
	}
}

// jane is a client of an instance, through a transport that ends with the test.
func jane(t *testing.T, i *servertest.Instance, url string, wrap func(http.RoundTripper) http.RoundTripper) *client.Client {
	t.Helper()
	transport := &http.Transport{ExpectContinueTimeout: time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(url, "1", i.Token(servertest.Person("jane")), &http.Client{Transport: wrap(transport)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func plain(r http.RoundTripper) http.RoundTripper { return r }

func TestPutSendsAFileInChunks(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c := jane(t, i, i.URL, plain)
	var begun []client.Key
	var sent []int64
	a, err := c.Put(t.Context(), source(1_000_000), client.PutOptions{
		ChunkSize: 300_000,
		Begun:     func(k client.Key) error { begun = append(begun, k); return nil },
		Progress:  func(n, _ int64) { sent = append(sent, n) },
	})
	if err != nil || !a.Complete || a.Offset != 1_000_000 {
		t.Fatalf("got %+v and %v, want it complete", a, err)
	}
	if len(begun) != 1 || begun[0] != a.Key {
		t.Errorf("got keys %v, want %s once", begun, a.Key)
	}
	if sent[0] != 0 || sent[len(sent)-1] != 1_000_000 {
		t.Errorf("got progress from %d to %d, want 0 to 1000000", sent[0], sent[len(sent)-1])
	}
	again, err := c.Put(t.Context(), source(1_000_000), client.PutOptions{Key: a.Key})
	if err != nil || again.Key != a.Key {
		t.Errorf("once more: got %s and %v, want %s", again.Key, err, a.Key)
	}
	if photo, err := c.Associate(t.Context(), a.Key, string(servertest.Person("jane"))); err != nil || !photo.ProfilePhoto {
		t.Errorf("got %+v and %v, want a profile photo", photo, err)
	}
}

// A phone on the move: the line breaks after every few hundred kilobytes.
func TestPutGoesOnAfterBreaks(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	line, err := servertest.NewLine(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	const size, between = 4_000_000, 350_000
	line.Allow(between)
	breaks := 0
	c := jane(t, i, line.URL(), plain).Patient(time.Minute, func(error, time.Duration) {
		breaks++
		line.Allow(between)
	})
	a, err := c.Put(t.Context(), source(size), client.PutOptions{})
	if err != nil || !a.Complete {
		t.Fatalf("got %+v and %v, want it complete", a, err)
	}
	if breaks < size/between-2 {
		t.Errorf("got %d breaks, want about %d", breaks, size/between)
	}
	if got := line.Carried(); got > size*11/10 {
		t.Errorf("got %d bytes sent for %d, want a tenth more at most", got, size)
	}
}

// lossy makes every request, and then loses the first answer to each kind of request.
type lossy struct {
	http.RoundTripper
	lost map[string]bool
}

// RoundTrip is http.RoundTripper's.
func (l lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	kind := r.Method + r.Header.Get("Content-Range")
	if err != nil || l.lost[kind] {
		return resp, err
	}
	l.lost[kind] = true
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return nil, errors.New("the answer was lost")
}

// The server did what was asked, and nobody heard of it: nothing is made or sent twice.
func TestLostAnswersDoNoHarm(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 1 })) // a twin would be refused
	c := jane(t, i, i.URL, func(r http.RoundTripper) http.RoundTripper { return lossy{r, map[string]bool{}} })
	c = c.Patient(time.Minute, nil)
	a, err := c.Put(t.Context(), source(300_000), client.PutOptions{ChunkSize: 100_000})
	if err != nil || !a.Complete {
		t.Fatalf("got %+v and %v, want it complete", a, err)
	}
	if _, err := c.Associate(t.Context(), a.Key, string(servertest.Person("jane"))); err != nil {
		t.Error(err)
	}
}

func TestPutBeginsAnewWhatIsGone(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c := jane(t, i, i.URL, plain)
	old, err := c.Create(t.Context(), "me.png", "image/png", 5000)
	if err != nil {
		t.Fatal(err)
	}
	id := storage.ID{Community: 1, Key: old.Key}
	if err := i.Engine().Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	a, err := c.Put(t.Context(), source(5000), client.PutOptions{Key: old.Key})
	if err != nil || !a.Complete || a.Key == old.Key {
		t.Fatalf("got %+v and %v, want another complete upload", a, err)
	}
}

func TestPutGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	line, err := servertest.NewLine(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	line.Allow(300_000)
	c := jane(t, i, line.URL(), plain).Patient(time.Second, nil)
	a, err := c.Put(t.Context(), source(1_000_000), client.PutOptions{})
	stopped, ok := errors.AsType[*client.Interrupted](err)
	if !ok || !fault.Is(err, fault.Cut) || stopped.Key == "" || stopped.Key != a.Key {
		t.Fatalf("got %+v and %v, want an interrupted upload with its key", a, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Put(ctx, source(1_000_000), client.PutOptions{Key: stopped.Key})
	if got, ok := errors.AsType[*client.Interrupted](err); !ok || got.Key != stopped.Key {
		t.Errorf("ended by its caller: got %v, want an interrupted upload with its key", err)
	}
}

func TestRefusalsHaveTheirKind(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c := jane(t, i, i.URL, plain)
	for _, one := range []struct {
		name string
		call func() error
		want fault.Kind
		says string
	}{
		{"unknown key", func() error {
			_, err := c.Status(t.Context(), "0000000000")
			return err
		}, fault.NotFound, "there is no upload with that key"},
		{"no picture", func() error {
			_, err := c.Create(t.Context(), "me.txt", "text/plain", 10)
			return err
		}, fault.Unsupported, "image/jpeg (also written image/jpg), image/png, image/gif and image/webp are accepted"},
		{"no length", func() error {
			_, err := c.Create(t.Context(), "me.png", "image/png", 0)
			return err
		}, fault.Invalid, "ContentLength must be the file's number of bytes, at least 1"},
		{"nobody's token", func() error {
			c, err := client.New(i.URL, "1", "nonsense", i.HTTP)
			if err == nil {
				_, err = c.Find(t.Context(), "0000000000")
			}
			return err
		}, fault.Unauthenticated, "the bearer token is not valid"},
		{"no server there", func() error {
			c, err := client.New("http://127.0.0.1:1", "1", "", i.HTTP)
			if err == nil {
				_, err = c.Find(t.Context(), "0000000000")
			}
			return err
		}, fault.Unavailable, ""},
		{"no URL", func() error {
			_, err := client.New("127.0.0.1:8080", "1", "", nil)
			return err
		}, fault.Invalid, "127.0.0.1:8080: want a server's URL such as http://127.0.0.1:8080"},
		{"no community", func() error {
			_, err := client.New(i.URL, "0", "", nil)
			return err
		}, fault.Invalid, "0: want a community's number such as 1"},
	} {
		err := one.call()
		if got := fault.Of(err); got != one.want || one.says != "" && err.Error() != one.says {
			t.Errorf("%s: got %v %q, want %v %q", one.name, got, err, one.want, one.says)
		}
	}
}

// A server that is busy says when to come again, and is asked again no sooner.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"key":"0123456789","contentLength":10,"uploadedLength":10,"isComplete":true}`)
	}))
	t.Cleanup(busy.Close)
	var waited []time.Duration
	c, err := client.New(busy.URL, "1", "", busy.Client())
	if err != nil {
		t.Fatal(err)
	}
	c = c.Patient(10*time.Second, func(_ error, pause time.Duration) { waited = append(waited, pause) })
	if _, err := c.Find(t.Context(), "0123456789"); err != nil {
		t.Fatal(err)
	}
	if len(waited) != 1 || waited[0] < time.Second {
		t.Errorf("got pauses %v, want one of at least 1s", waited)
	}
}

func TestWhatIsNoCameoIsToldSo(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>hello</html>")
	}))
	t.Cleanup(other.Close)
	c, err := client.New(other.URL, "1", "", other.Client())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Find(t.Context(), "0123456789"); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}

// A source that ends before its Size is told of as such, and at once: the server is well.
func TestPutTellsOfAShortSource(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c := jane(t, i, i.URL, plain).Patient(time.Hour, func(cause error, _ time.Duration) {
		t.Errorf("it waits for the server: %v", cause)
	})
	short := source(1000)
	short.Size = 2000
	_, err := c.Put(t.Context(), short, client.PutOptions{})
	if !fault.Is(err, fault.Malformed) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want that the source cannot be read", err)
	}
}

func TestPutEndsWithASourceThatChanged(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c := jane(t, i, i.URL, plain)
	changed := errors.New("changed")
	for _, tt := range []struct {
		name  string
		after int64 // bytes sent when it changes
	}{
		{"before the first chunk", 0},
		{"between two chunks", 1000},
		{"with the last chunk", 3000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src, sent := source(3000), int64(0)
			src.Check = func() error {
				if sent >= tt.after {
					return changed
				}
				return nil
			}
			a, err := c.Put(t.Context(), src, client.PutOptions{
				ChunkSize: 1000, Progress: func(n, _ int64) { sent = n },
			})
			if !errors.Is(err, changed) {
				t.Fatalf("got %v, want that it changed", err)
			}
			if err := c.Delete(t.Context(), a.Key); err != nil {
				t.Errorf("deleting %s: got %v", a.Key, err)
			}
			if _, err := c.Find(t.Context(), a.Key); !fault.Is(err, fault.Gone) && !fault.Is(err, fault.NotFound) {
				t.Errorf("after deletion: got %v, want it gone", err)
			}
		})
	}
}
