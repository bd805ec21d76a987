package s3_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
	"cameo/storage/blobs/blobstest"
	"cameo/storage/blobs/s3/s3test"
)

func BenchmarkStore(b *testing.B) {
	blobstest.Benchmark(b, func(b *testing.B) storage.Blobs {
		return open(b, s3test.Shared(b, s3test.MinIO).Config(b))
	})
}

// BenchmarkPut holds a run of the store against the SDK's own PutObject of the same bytes, as the SDK does it
// when it is told nothing, on the same server.
func BenchmarkPut(b *testing.B) {
	server := s3test.Shared(b, s3test.MinIO)
	for _, size := range []int{256 << 10, 4 << 20, 16 << 20} {
		pages := photo(size, 1)
		b.Run(fmt.Sprintf("store/%dKiB", size>>10), func(b *testing.B) {
			s := open(b, server.Config(b))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := put(b.Context(), s, storage.RunName("4fGh1Jk2Lm", 1, n, "a"), pages); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("PutObject/%dKiB", size>>10), func(b *testing.B) {
			client, whole := server.Client(http.DefaultClient), bytes.Join(pages, nil)
			prefix := server.Config(b).Prefix
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				_, err := client.PutObject(b.Context(), &awss3.PutObjectInput{
					Bucket: aws.String(s3test.Bucket), Key: aws.String(fmt.Sprintf("%s/%d", prefix, n)),
					Body: bytes.NewReader(whole),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
