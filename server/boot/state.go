package boot

import (
	"context"
	"errors"
	"os"
	"time"

	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/blobs/disk"
	"cameo/storage/blobs/s3"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// reserve is what the store of photos leaves of the disk, so that the database can always say what became of
// an upload.
const reserve = 2 << 20

// state is what outlives a process: keys, rows and bytes, of one deployment, and the time that they go by.
type state struct {
	keys  auth.Keys
	db    *sqldb.DB
	blobs blobs
	clock *clock
}

// blobs is a store that knows whose it is.
type blobs interface {
	storage.Blobs
	// Mark gives the store a deployment's id unless it has one, and returns the id that it has then.
	Mark(ctx context.Context, id string) (string, error)
	// Marked returns the id that it has, "" when it has none.
	Marked(ctx context.Context) (string, error)
}

// openState opens all three, makes what is missing, and refuses what does not belong together.
func openState(ctx context.Context, s Stores, m Machine) (*state, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	c := &clock{machine: m.Clock}
	keys, err := auth.LoadOrCreateKeys(s.keysFile(), m.Random, c.Now)
	if err != nil {
		return nil, err
	}
	db, err := s.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.sameDatabase(ctx, db, keys.Deployment), c.measure(ctx, db)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	bytes, err := s.openBlobs(ctx, m)
	if err == nil {
		err = s.sameBlobs(ctx, bytes, keys.Deployment)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &state{keys: keys, db: db, blobs: bytes, clock: c}, nil
}

// exists refuses a data directory that is not there, for the commands that work on a deployment and begin
// none: a name that was mistyped must not become an empty one.
func (s Stores) exists() error {
	if !s.usesData() {
		return nil
	}
	if _, err := os.Stat(s.Data); err != nil {
		return noData(err)
	}
	return nil
}

// A node that starts together with its database and its store gives them startWait; it asks again after
// startPause, and then always twice as late.
const (
	startWait  = 10 * time.Second
	startPause = 250 * time.Millisecond
)

// awaitState is openState for a node: while a database or a store beyond this machine does not answer, it
// tries again for a while.
func awaitState(ctx context.Context, s Stores, m Machine) (*state, error) {
	until := m.Now().Add(startWait)
	for pause := startPause; ; pause *= 2 {
		opened, err := openState(ctx, s, m)
		if !fault.Is(err, fault.Unavailable) || s.isLocal() || m.Now().Add(pause).After(until) {
			return opened, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}

// openDatabase opens the database and brings its schema up to this program's.
func (s Stores) openDatabase(ctx context.Context) (*sqldb.DB, error) {
	if s.Database == "" {
		if err := os.MkdirAll(s.Data, 0o700); err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "the data directory cannot be made")
		}
	}
	db, err := sqldb.Open(ctx, s.databaseConfig())
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (s Stores) databaseConfig() sqldb.Config {
	if s.Database != "" {
		return sqldb.Config{URL: s.Database}
	}
	return sqldb.Config{Path: s.databaseFile(), NoSync: noSync}
}

// openBlobs opens the store that --blobs names.
func (s Stores) openBlobs(ctx context.Context, m Machine) (blobs, error) {
	if !s.inS3() {
		return disk.Open(disk.Config{Dir: s.blobsDir(), Reserve: reserve, NoSync: noSync})
	}
	at, err := s3.ParseURL(s.Blobs)
	if err != nil {
		return nil, wrong("blobs", err.Error())
	}
	at.Random = m.Random
	return s3.Open(ctx, at)
}

// sameDatabase refuses a database of another deployment than the keys'. The first node of a deployment marks
// the database, and then the store.
func (s Stores) sameDatabase(ctx context.Context, db *sqldb.DB, deployment string) error {
	stands, err := db.SetDeployment(ctx, deployment)
	if err == nil && stands != deployment {
		err = s.otherDatabase()
	}
	return err
}

func (s Stores) otherDatabase() error {
	return fault.New(fault.Invalid, "the keys belong to another deployment than the database: "+
		"name those that belong together by --keys and %s", s.databaseFlag())
}

// sameBlobs refuses stored bytes of another deployment: a sweep of the wrong rows would delete them.
func (s Stores) sameBlobs(ctx context.Context, b blobs, deployment string) error {
	stands, err := b.Mark(ctx, deployment)
	if err == nil && stands != deployment {
		err = s.otherBlobs()
	}
	return err
}

func (s Stores) otherBlobs() error {
	return fault.New(fault.Invalid, "the stored bytes belong to another deployment than the database: "+
		"name those that belong together by --blobs and %s", s.databaseFlag())
}

// Close closes the database; keys and stored bytes have nothing open.
func (s *state) Close() error { return s.db.Close() }
