package s3

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cameo/storage"
)

// listBatch is how many names one answer may hold.
const listBatch = 1000

// List asks for names from a prefix and a start on. Objects of other forms are passed over.
func (s *Store) List(ctx context.Context, under, after storage.Name, n int) ([]storage.Name, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	begins := after != "" && strings.HasPrefix(string(after), string(under))
	if n <= 0 || !isPrefix(under) || (after > under && !begins) {
		return nil, nil // no name begins so, or all that do stand before
	}
	start := ""
	if begins {
		start = s.prefix + string(after)
	}
	var found []storage.Name
	for {
		keys, more, err := s.list(ctx, s.prefix+string(under), start, min(n-len(found), listBatch))
		if err != nil {
			return nil, hidden(err)
		}
		for _, key := range keys {
			if name, ok := s.nameOf(key); ok && name > after && len(found) < n {
				found = append(found, name)
			}
		}
		if len(found) == n || !more || len(keys) == 0 {
			return found, nil
		}
		start = keys[len(keys)-1]
	}
}

// list is one request. It says whether there may be more behind the last key: after a full answer there may,
// whatever it says, because a server was met that calls the answer complete when the prefix is itself a key.
func (s *Store) list(ctx context.Context, prefix, start string, n int) (keys []string, more bool, err error) {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, MaxKeys: aws.Int32(int32(n))}
	if start != "" {
		in.StartAfter = &start
	}
	err = s.do(ctx, func(w *watch) error {
		defer w.end()
		out, err := s.client.ListObjectsV2(w.ctx, in)
		if err != nil {
			return err
		}
		keys, more = nil, aws.ToBool(out.IsTruncated) || len(out.Contents) >= n
		for _, object := range out.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
		return nil
	})
	return keys, more, err
}

// isPrefix says whether a name may begin so.
func isPrefix(under storage.Name) bool {
	plain := strings.NewReplacer("/", "", "-", "").Replace(string(under))
	return storage.IsBase62(plain)
}

// nameOf is key's inverse.
func (s *Store) nameOf(key string) (storage.Name, bool) {
	rest, ok := strings.CutPrefix(key, s.prefix)
	name := storage.Name(rest)
	_, _, err := name.Split()
	return name, ok && err == nil
}
