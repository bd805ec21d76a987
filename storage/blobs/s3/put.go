package s3

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/minio/crc64nvme"
)

// crcField is the metadata that tells an object's CRC-64/NVME on every store.
const crcField = "crc64nvme"

// object is what one put sends.
type object struct {
	key        string
	pages      [][]byte
	size       int64
	crc64      uint64
	checksums  Checksums // which one the store is to hold the bytes to
	crc32c     uint32    // with CRC32C
	overwrites bool      // an object of that name is replaced
}

func (s *Store) object(key string, pages [][]byte, size int64) object {
	o := object{key: key, pages: pages, size: size, checksums: s.checksums, overwrites: !s.conditional}
	for _, page := range pages {
		o.crc64 = crc64nvme.Update(o.crc64, page)
	}
	if o.checksums == CRC32C {
		o.crc32c = sumCRC32C(pages)
	}
	return o
}

func sumCRC32C(pages [][]byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once by the library
	var sum uint32
	for _, page := range pages {
		sum = crc32.Update(sum, table, page)
	}
	return sum
}

// put stores the pages as an object of a new name. Exists: another object has it.
func (s *Store) put(ctx context.Context, key string, pages [][]byte, size int64) error {
	o := s.object(key, pages, size)
	unsure := false // an earlier attempt may have been carried out
	return hidden(s.do(ctx, func(w *watch) error {
		defer w.end()
		if unsure {
			if stored, err := s.isStored(w, o); stored || err != nil {
				return err
			}
		}
		err := s.putOnce(w, o)
		if err == nil {
			return nil
		}
		if isA(err, taken) && unsure {
			if stored, err := s.isStored(w, o); stored || err != nil {
				return err
			}
		}
		unsure = !isA(err, taken, damaged)
		return err
	}))
}

// isStored says whether the object is there with the length and checksum that were meant. One that is there
// with others is taken.
func (s *Store) isStored(w *watch, o object) (bool, error) {
	w.alive()
	head, err := s.client.HeadObject(w.ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &o.key})
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if aws.ToInt64(head.ContentLength) != o.size || head.Metadata[crcField] != encode64(o.crc64) {
		return false, because(taken, errOther)
	}
	return true, nil
}

// putOnce is one PutObject.
func (s *Store) putOnce(w *watch, o object) error {
	b := newBody(o.pages, o.size, w.alive)
	defer b.stop()
	in := &s3.PutObjectInput{
		Bucket:               &s.bucket,
		Key:                  &o.key,
		Body:                 b,
		ContentLength:        &o.size,
		ContentType:          aws.String("application/octet-stream"),
		Metadata:             map[string]string{crcField: encode64(o.crc64)},
		ServerSideEncryption: types.ServerSideEncryption(s.config.Encryption),
		StorageClass:         types.StorageClass(s.config.StorageClass),
	}
	if s.config.KMSKey != "" {
		in.SSEKMSKeyId = &s.config.KMSKey
	}
	if !o.overwrites {
		in.IfNoneMatch = aws.String("*")
	}
	switch o.checksums {
	case CRC64NVME:
		in.ChecksumCRC64NVME = aws.String(encode64(o.crc64))
	case CRC32C:
		in.ChecksumCRC32C = aws.String(encode32(o.crc32c))
	}
	w.alive()
	_, err := s.client.PutObject(w.ctx, in, unsigned)
	return err
}

func encode64(sum uint64) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}

func encode32(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}
