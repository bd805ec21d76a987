//go:build bench && linux

package servertest_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// piecemeal keeps the chunks of an upload in PostgreSQL, a row and a commit each, until they are a run of 16 MiB or the whole
// upload, and puts that as one object; without a server between, without HTTP, and without knowing what it has. It is what
// cannot be fallen below where every acknowledged byte is to survive the node, in no more requests to S3 than that.
type piecemeal struct {
	conn *pgx.Conn
	put  *whole
	made atomic.Int64
}

func newPiecemeal(t *testing.T, r *rig, put *whole) *piecemeal {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.cloud.postgres.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	for _, statement := range []string{
		`CREATE TABLE pieces (key TEXT, off BIGINT, bytes BYTEA, PRIMARY KEY (key, off))`,
		`ALTER TABLE pieces ALTER COLUMN bytes SET STORAGE EXTERNAL`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return &piecemeal{conn: conn, put: put}
}

func (p *piecemeal) create(context.Context, int) (string, error) {
	return strconv.FormatInt(p.made.Add(1), 10), nil
}

func (p *piecemeal) patch(ctx context.Context, address string, at int, chunk []byte, size int) error {
	if end := at + len(chunk); end < size && end%partSize != 0 {
		_, err := p.conn.Exec(ctx, `INSERT INTO pieces VALUES ($1, $2, $3)`, address, at, chunk)
		return err
	}
	run := make([]byte, (at+len(chunk)-1)%partSize+1) // the bytes do not matter
	copy(run, chunk)
	object, err := p.put.create(ctx, size)
	if err == nil {
		err = p.put.patch(ctx, object, 0, run, size)
	}
	if err == nil {
		_, err = p.conn.Exec(ctx, `DELETE FROM pieces WHERE key = $1`, address)
	}
	return err
}
