package s3_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/s3"
	"cameo/storage/blobs/s3/s3test"
	"cameo/storage/fault"
	"cameo/storage/ledger"
	"cameo/storage/sqldb/sqltest"
)

const mib = 1 << 20

// engine is the real one over a store, with a database of its own.
func engine(t *testing.T, s *s3.Store) *storage.Engine {
	t.Helper()
	rows := ledger.New(sqltest.SQLite(t))
	return storage.NewEngine(storage.Config{
		Ledger: rows, Trash: rows, Blobs: s, Node: "a", Random: rand.Reader, Limits: storage.DefaultLimits(),
		Clock: func() storage.Millis { return storage.Millis(time.Now().UnixMilli()) },
	})
}

// sent is a request's body: its bytes, and then its end.
type sent struct {
	*bytes.Reader
	end  error
	stop chan struct{}
	once sync.Once
}

func body(p []byte, end error) *sent {
	return &sent{Reader: bytes.NewReader(p), end: end, stop: make(chan struct{})}
}

func (b *sent) Read(p []byte) (int, error) {
	select {
	case <-b.stop:
		return 0, errors.New("interrupted")
	default:
	}
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = b.end
	}
	return n, err
}

func (b *sent) Interrupt() { b.once.Do(func() { close(b.stop) }) }

func begin(t *testing.T, e *storage.Engine, size int64) storage.ID {
	t.Helper()
	u, err := e.Create(t.Context(), storage.New{
		Community: 1, Owner: "jane", Length: size, Type: "image/png", Name: "me.png",
	})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func send(ctx context.Context, e *storage.Engine, id storage.ID, at, n int64, b storage.Body) (storage.Upload, error) {
	return e.Append(ctx, storage.Write{ID: id, At: at, Len: n, Total: storage.Unknown, Body: b})
}

func readUpload(t *testing.T, e *storage.Engine, id storage.ID) ([]byte, error) {
	t.Helper()
	u, err := e.Find(t.Context(), id)
	if err != nil {
		return nil, err
	}
	r, err := e.Open(t.Context(), u, 0, u.Length)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func wantUpload(t *testing.T, e *storage.Engine, id storage.ID, want []byte) {
	t.Helper()
	if got, err := readUpload(t, e, id); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, %v, want the %d sent", len(got), err, len(want))
	}
}

// The number of requests to S3 per finished upload, counted between the engine and a real store: each is a
// put, no byte is written twice, and a status query asks the store nothing.
func TestRequests(t *testing.T) {
	t.Parallel()
	for _, c := range blobstest.Sendings() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
			e, data := engine(t, s), bytes.Join(photo(int(c.Size), 1), nil)
			proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
			id := begin(t, e, c.Size)
			for at := int64(0); at < c.Size; at += c.Chunk {
				if _, err := e.Status(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if _, err := send(t.Context(), e, id, at, c.Chunk, body(data[at:at+c.Chunk], io.EOF)); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]int{"PutObject": c.Puts}
			if got := proxy.Counts(); !maps.Equal(got, want) || proxy.Stored() != c.Size {
				t.Errorf("got %v and %d bytes, want %v and %d", got, proxy.Stored(), want, c.Size)
			}
			wantUpload(t, e, id, data)
		})
	}
}

func TestCutCostsAtMostOneRequest(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	for _, arrived := range []int64{mib / 2, 3 * mib} {
		e, data := engine(t, s), bytes.Join(photo(4*mib, 1), nil)
		id := begin(t, e, 4*mib)
		proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
		u, err := send(t.Context(), e, id, 0, 4*mib, body(data[:arrived], io.ErrUnexpectedEOF))
		if !fault.Is(err, fault.Cut) || u.Offset != arrived {
			t.Errorf("cut at %d: got offset %d, %v", arrived, u.Offset, err)
		}
		got := proxy.Counts()
		if total := got["PutObject"]; len(got) > 1 || total > 1 || (arrived <= mib && total > 0) {
			t.Errorf("cut at %d: got %v, want one put at most", arrived, got)
		}
		if _, err := send(t.Context(), e, id, arrived, 4*mib-arrived, body(data[arrived:], io.EOF)); err != nil {
			t.Errorf("cut at %d, the rest: %v", arrived, err)
		}
		wantUpload(t, e, id, data)
	}
}

// A store that fails in the midst of an upload: the offset told never goes back, and what is complete is what
// was sent.
func TestEngineOverAFailingStore(t *testing.T) {
	t.Parallel()
	for name, planned := range map[string]s3test.Fault{
		"500":                {Status: http.StatusInternalServerError, Code: "InternalError"},
		"reset":              {Reset: true},
		"reset after commit": {Done: true, Reset: true},
		"bit flips":          {Flip: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
			e, data := engine(t, s), bytes.Join(photo(24*mib, 1), nil)
			id := begin(t, e, 24*mib)
			proxy.Plan(func(op string, nth int) s3test.Fault {
				if op == "PutObject" && nth > 1 && nth < 7 { // more than the store tries by itself
					return planned
				}
				return s3test.Fault{}
			})
			offset := int64(0)
			for n := 0; offset < 24*mib; n++ {
				u, err := send(t.Context(), e, id, offset, 24*mib-offset, body(data[offset:], io.EOF))
				if err != nil && !fault.Is(err, fault.Unavailable) {
					t.Fatalf("round %d: %v", n, err)
				}
				if u.Offset < offset || n > 5 {
					t.Fatalf("round %d: the offset went from %d to %d", n, offset, u.Offset)
				}
				offset = u.Offset
			}
			wantUpload(t, e, id, data)
		})
	}
}

// R11 at the engine: a write over a frozen store is refused within ten seconds, a status query answers at
// once, and the upload goes on after the thaw.
func TestEngineOverAFrozenStore(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t, s3test.MinIO)
	e := engine(t, open(t, server.Config(t)))
	data := bytes.Join(photo(4*mib, 1), nil)
	id := begin(t, e, 4*mib)
	server.Freeze(t)
	start := time.Now()
	if _, err := send(t.Context(), e, id, 0, 4*mib, body(data, io.EOF)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	took := time.Since(start)
	if t.Logf("the write was answered after %v", took); took > 10*time.Second+slack {
		t.Errorf("want 10 s at most")
	}
	start = time.Now()
	if u, err := e.Status(t.Context(), id); err != nil || u.Offset != 0 || time.Since(start) > time.Second+slack {
		t.Errorf("status: offset %d, %v after %v", u.Offset, err, time.Since(start))
	}
	server.Thaw(t)
	for n := 0; ; n++ {
		_, err := send(t.Context(), e, id, 0, 4*mib, body(data, io.EOF))
		if err == nil {
			break
		}
		if n == 5 {
			t.Fatal(err)
		}
	}
	wantUpload(t, e, id, data)
}

func ExampleParseURL() {
	c, err := s3.ParseURL("s3://photos/eu?endpoint=http://127.0.0.1:9000")
	fmt.Println(c.Bucket, c.Prefix, c.PathStyle, err)
	// Output: photos eu true <nil>
}
