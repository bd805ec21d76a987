package s3_test

import (
	"testing"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/s3"
	"cameo/storage/blobs/s3/s3test"
)

func open(tb testing.TB, c s3.Config) *s3.Store {
	tb.Helper()
	s, err := s3.Open(tb.Context(), c)
	if err != nil {
		tb.Fatalf("the store does not open: %v", err)
	}
	return s
}

// eachServer runs a test on each server.
func eachServer(t *testing.T, test func(t *testing.T, server *s3test.Server)) {
	t.Helper()
	for _, kind := range s3test.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, s3test.Shared(t, kind))
		})
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, server *s3test.Server) {
		blobstest.Run(t, func(t *testing.T) storage.Blobs { return open(t, server.Config(t)) })
	})
}
