package servertest

import (
	"crypto/rand"
	"path/filepath"
	"testing"

	"cameo/server/boot"
	"cameo/storage"
	"cameo/storage/blobs/s3/s3test"
)

// Stores are what the nodes of a deployment share. The zero value is none: SQLite and files of a node's own.
type Stores struct {
	Database string // PostgreSQL's URL
	Blobs    string // the bucket's URL
	Keys     string // a file
	Prefix   string // of the objects in the bucket s3test.Bucket
}

// NewStores are a database, an S3 server's bucket under a prefix that nobody else has, and keys that the
// first node makes. An instance in this process finds the server's credentials in the environment, where
// Credentials belong; a child is given them.
func NewStores(t testing.TB, database, endpoint string) Stores {
	t.Helper()
	prefix, err := storage.DrawBase62(rand.Reader, 12)
	if err != nil {
		t.Fatal(err)
	}
	return Stores{
		Database: database, Prefix: prefix, Keys: filepath.Join(t.TempDir(), "keys"),
		Blobs: "s3://" + s3test.Bucket + "/" + prefix + "?endpoint=" + endpoint,
	}
}

// Shared makes an instance a node of the deployment.
func Shared(s Stores) Option {
	return Configured(func(c *boot.Config) { c.Database, c.Blobs, c.Keys = s.Database, s.Blobs, s.Keys })
}

// Flags are those of the commands that take the stores.
func (s Stores) Flags() []string {
	if s == (Stores{}) {
		return nil
	}
	return []string{"--database", s.Database, "--blobs", s.Blobs, "--keys", s.Keys}
}

// Credentials are the variables by which a node may use the bucket.
func Credentials() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + s3test.Access, "AWS_SECRET_ACCESS_KEY=" + s3test.Secret}
}
