package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
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

// What a put says of itself: a signed checksum, no second hash, no trailer, and what the configuration asks.
func TestHeadersOfAPut(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	for _, size := range []int{10, 4 * mib} {
		if err := put(t.Context(), s, storage.RunName("4fGh1Jk2Lm", 1, size, "a"), photo(size, 1)); err != nil {
			t.Fatal(err)
		}
		h := proxy.Header("PutObject")
		for name, want := range map[string]string{
			"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "X-Amz-Trailer": "", "Content-Encoding": "", "If-None-Match": "*",
			"X-Amz-Checksum-Crc64nvme": h.Get("X-Amz-Meta-Crc64nvme"), "X-Amz-Checksum-Crc32": "", "Expect": "",
			"X-Amz-Server-Side-Encryption": "", "X-Amz-Storage-Class": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%d bytes: %s: got %q, want %q", size, name, got, want)
			}
		}
		if h.Get("X-Amz-Checksum-Crc64nvme") == "" {
			t.Errorf("%d bytes: no checksum", size)
		}
	}
}

// The store of the test cannot encrypt; what it is asked for is seen all the same.
func TestHeadersThatTheConfigurationAsksFor(t *testing.T) {
	t.Parallel()
	server := s3test.Shared(t, s3test.MinIO)
	proxy := s3test.NewProxy(t, server)
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{Status: 400, Code: "KMS.NotFoundException"} })
	c := server.Config(t)
	c.Endpoint, c.Encryption, c.KMSKey, c.StorageClass = proxy.Endpoint, "aws:kms", "key-1", "STANDARD_IA"
	_, err := s3.Open(t.Context(), c)
	if got := fault.Public(err); !fault.Is(err, fault.Invalid) || got.Reason != "kms_key_refused" {
		t.Errorf("got %v", err)
	}
	h := proxy.Header("PutObject")
	for name, want := range map[string]string{
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Storage-Class": "STANDARD_IA",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key-1",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// The pages are the caller's again when Sync returns, also when the transport was in the midst of them: the
// race detector watches.
func TestPagesAreNotReadAfterAFailedSync(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	proxy.Plan(func(op string, _ int) s3test.Fault { return s3test.Fault{Done: true, Silent: true} })
	for n := range 8 {
		pages := photo(16*mib, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2+6*n)*time.Millisecond)
		err := put(ctx, s, storage.RunName("4fGh1Jk2Lm", 1, n, "a"), pages)
		for _, page := range pages {
			clear(page)
		}
		if cancel(); !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want Unavailable", err)
		}
	}
}

// More names than one request takes are listed and deleted by several.
func TestManyNames(t *testing.T) {
	t.Parallel()
	s, proxy := behind(t, s3test.Shared(t, s3test.MinIO))
	const names = 1_005
	var want []storage.Name
	var all sync.WaitGroup
	places := make(chan struct{}, 32)
	for i := range names {
		name := storage.RunName("4fGh1Jk2Lm", 1, i, "a")
		want = append(want, name)
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if err := put(t.Context(), s, name, [][]byte{{1}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	slices.Sort(want)
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
	got, err := s.List(t.Context(), "4fGh1Jk2Lm/", "", 5_000)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %d names, %v, want %d", len(got), err, names)
	}
	if err := s.Delete(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
	if got, err := s.List(t.Context(), "", "", 5_000); err != nil || len(got) > 0 {
		t.Errorf("afterwards: got %d names, %v", len(got), err)
	}
	if got := proxy.Counts(); got["ListObjectsV2"] != 3 || got["DeleteObjects"] != 2 {
		t.Errorf("got %v, want 3 lists and 2 deletes", got)
	}
}

// R15 at rest: an object that was changed behind the engine's back is not served.
func TestDamagedObjectIsNotServed(t *testing.T) {
	t.Parallel()
	server := s3test.Shared(t, s3test.MinIO)
	c := server.Config(t)
	s := open(t, c)
	const n, first = 17 * mib, 16 * mib // a smaller one would be read from memory now
	e, data := engine(t, s), bytes.Join(photo(n, 1), nil)
	id := begin(t, e, n)
	if _, err := send(t.Context(), e, id, 0, n, body(data, io.EOF)); err != nil {
		t.Fatal(err)
	}
	names, err := s.List(t.Context(), "", "", 3)
	if err != nil || len(names) != 2 {
		t.Fatalf("got %q, %v, want two objects", names, err)
	}
	data[mib] ^= 1
	_, err = server.Client(http.DefaultClient).PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String(s3test.Bucket), Key: aws.String(c.Prefix + "/" + string(names[0])), Body: bytes.NewReader(data[:first]),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readUpload(t, e, id); !fault.Is(err, fault.Corrupt) || len(got) >= first {
		t.Errorf("got %d bytes, %v, want Corrupt", len(got), err)
	}
}

// A name that was used is refused, and the body sent once, whether the refusal is seen or a broken pipe.
func TestATakenNameIsRefused(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		s, proxy := behind(t, server)
		if err := put(t.Context(), s, blob, photo(16*mib, 1)); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
			if err := put(t.Context(), s, blob, photo(16*mib, 2)); !fault.Is(err, fault.Exists) {
				t.Errorf("got %v, want Exists", err)
			}
			if got := proxy.Counts(); got["PutObject"] != 1 || got["HeadObject"] > 1 {
				t.Errorf("got %v, want one put and at most a look", got)
			}
		}
		wantStored(t, s, blob, photo(16*mib, 1))
	})
}
