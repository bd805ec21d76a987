package s3_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

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

// What an address may ask for besides is carried out too: a bucket with a name of its own, encryption at rest, and
// a storage class.
func TestContractOfAnAddressThatAsksForMore(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	server := s3test.Start(t, s3test.MinIO,
		"MINIO_DOMAIN="+domain, "MINIO_KMS_SECRET_KEY=tests:"+base64.StdEncoding.EncodeToString(key))
	at, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	config := func(t *testing.T) s3.Config {
		t.Helper()
		c, err := s3.ParseURL(fmt.Sprintf("s3://%s/%s?endpoint=http://%s:%s&sse=AES256&storage_class=REDUCED_REDUNDANCY",
			s3test.Bucket, server.Config(t).Prefix, domain, at.Port()))
		if err != nil || c.PathStyle {
			t.Fatalf("got %+v, %v, want the bucket in the host's name", c, err)
		}
		c.Random, c.Credentials = rand.Reader, credentials.NewStaticCredentialsProvider(s3test.Access, s3test.Secret, "")
		return c
	}
	t.Run("contract", func(t *testing.T) {
		blobstest.Run(t, func(t *testing.T) storage.Blobs { return open(t, config(t)) })
	})
	c, pages := config(t), photo(4*mib, 1)
	s := open(t, c)
	if err := put(t.Context(), s, blob, pages); err != nil {
		t.Fatal(err)
	}
	wantStored(t, s, blob, pages)
	name := c.Prefix + "/" + string(blob)
	head, err := server.Client(http.DefaultClient).HeadObject(t.Context(), &awss3.HeadObjectInput{
		Bucket: aws.String(s3test.Bucket), Key: &name,
	})
	if err != nil || head.ServerSideEncryption != "AES256" || head.StorageClass != "REDUCED_REDUNDANCY" {
		t.Errorf("got %+v, %v, want an encrypted object of the class", head, err)
	}
}
