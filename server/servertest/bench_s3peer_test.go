//go:build bench && linux

package servertest_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cameo/storage/blobs/s3/s3test"
)

// startNode runs the tus server of Node.js with its store on S3, if make bench could install it.
func startNode(t *testing.T, endpoint string) (process, bool) {
	t.Helper()
	dir := os.Getenv("CAMEO_BENCH_TUSNODE")
	if _, err := os.Stat(dir); err != nil {
		return process{}, false
	}
	cmd := exec.Command("node", filepath.Join(dir, "serve.mjs"))
	cmd.Env = append(append(cmd.Environ(), environment(endpoint)...), "NODE_NO_WARNINGS=1")
	cmd.Stderr = os.Stderr
	return process{tus{newWeb(t), startPeer(t, cmd)}, cmd.Process.Pid}, true
}

// whole puts each upload as one object by the SDK, without any server between. By its defaults the SDK takes a
// SHA-256 and a CRC32 of the body; unsigned leaves out both.
type whole struct {
	client   *s3.Client
	prefix   string
	unsigned bool
	made     atomic.Int64
}

func (p *whole) create(context.Context, int) (string, error) {
	return p.prefix + strconv.FormatInt(p.made.Add(1), 10), nil
}

func (p *whole) patch(ctx context.Context, address string, _ int, chunk []byte, _ int) error {
	_, err := p.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s3test.Bucket), Key: &address, Body: bytes.NewReader(chunk),
	}, func(o *s3.Options) {
		if p.unsigned {
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
		}
	})
	return err
}

// What a multipart upload sends at once: as much as cameo does.
const (
	partSize = 16 << 20
	atOnce   = 4
)

// parts makes each upload a multipart upload by the SDK, with its defaults.
type parts struct {
	client *s3.Client
	prefix string
	made   atomic.Int64
}

func (p *parts) create(context.Context, int) (string, error) {
	return p.prefix + strconv.FormatInt(p.made.Add(1), 10), nil
}

func (p *parts) patch(ctx context.Context, address string, _ int, chunk []byte, _ int) error {
	bucket := aws.String(s3test.Bucket)
	begun, err := p.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &address})
	if err != nil {
		return err
	}
	n := (len(chunk) + partSize - 1) / partSize
	done, failed := make([]types.CompletedPart, n), make(chan error, n)
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			number := aws.Int32(int32(i + 1))
			part, err := p.client.UploadPart(ctx, &s3.UploadPartInput{
				Bucket: bucket, Key: &address, UploadId: begun.UploadId, PartNumber: number,
				Body: bytes.NewReader(chunk[i*partSize : min((i+1)*partSize, len(chunk))]),
			})
			if err != nil {
				failed <- err
				return
			}
			done[i] = types.CompletedPart{ETag: part.ETag, PartNumber: number, ChecksumCRC32: part.ChecksumCRC32}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	_, err = p.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: &address, UploadId: begun.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return err
}
