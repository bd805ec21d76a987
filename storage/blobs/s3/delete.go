package s3

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cameo/storage"
)

// deleteBatch is how many names one request may hold.
const deleteBatch = 1000

// Delete removes objects, 1,000 with a request, or one by one on a store that knows no other way.
func (s *Store) Delete(ctx context.Context, names ...storage.Name) error {
	keys := make([]string, 0, len(names))
	for _, name := range names {
		if _, _, err := name.Split(); err != nil {
			return err
		}
		keys = append(keys, s.key(name))
	}
	for batch := range slices.Chunk(keys, deleteBatch) {
		if err := s.delete(ctx, batch); err != nil {
			return hidden(err)
		}
	}
	return nil
}

func (s *Store) delete(ctx context.Context, keys []string) error {
	if len(keys) > 1 && !s.oneByOne.Load() {
		err := s.deleteMany(ctx, keys)
		switch reasonOf(err) {
		default:
			return err
		case noFeature, notS3, odd, forbidden:
		}
		// The store, or what stands before it, does not take the request that deletes many.
	}
	for _, key := range keys {
		if err := s.deleteOne(ctx, key); err != nil {
			return err
		}
	}
	if len(keys) > 1 {
		s.oneByOne.Store(true)
	}
	return nil
}

func (s *Store) deleteMany(ctx context.Context, keys []string) error {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	return s.do(ctx, func(w *watch) error {
		defer w.end()
		out, err := s.client.DeleteObjects(w.ctx, &s3.DeleteObjectsInput{
			Bucket: &s.bucket, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		})
		if err != nil {
			return err
		}
		for _, e := range out.Errors {
			r, known := codes[aws.ToString(e.Code)]
			if !known {
				r = odd
			}
			if r != missing {
				return because(r, errors.New(aws.ToString(e.Code)))
			}
		}
		return nil
	})
}

func (s *Store) deleteOne(ctx context.Context, key string) error {
	return s.do(ctx, func(w *watch) error {
		defer w.end()
		_, err := s.client.DeleteObject(w.ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
		if isMissing(err) {
			return nil
		}
		return err
	})
}
