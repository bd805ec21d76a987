package boot

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cameo/server/auth"
	"cameo/storage/blobs/disk"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// reserve is what the store of photos leaves of the disk, so that the database can always say what became of
// an upload.
const reserve = 2 << 20

// state is what outlives a process: keys, rows and bytes, of one deployment.
type state struct {
	keys  auth.Keys
	db    *sqldb.DB
	blobs *disk.Store
}

// openState opens all three, makes what is missing, and refuses what does not belong together.
func openState(ctx context.Context, s Stores, m Machine) (*state, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	keys, err := auth.LoadOrCreateKeys(s.keysFile(), m.Random, m.Clock)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, s)
	if err != nil {
		return nil, err
	}
	blobs, err := s.openBlobs(ctx, keys, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &state{keys: keys, db: db, blobs: blobs}, nil
}

// openDatabase opens the database and brings its schema up to this program's.
func openDatabase(ctx context.Context, s Stores) (*sqldb.DB, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the data directory cannot be made")
	}
	db, err := sqldb.Open(ctx, sqldb.Config{Path: s.databaseFile(), NoSync: noSync})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openBlobs opens the store if it is of the same deployment as keys and database. The first node of a
// deployment marks both.
func (s Stores) openBlobs(ctx context.Context, keys auth.Keys, db *sqldb.DB) (*disk.Store, error) {
	stands, err := db.SetDeployment(ctx, keys.Deployment)
	if err != nil {
		return nil, err
	}
	if stands != keys.Deployment {
		return nil, fault.New(fault.Invalid,
			"the keys belong to another deployment than the database: "+
				"name those that belong together by --keys and --data")
	}
	blobs, err := disk.Open(disk.Config{Dir: s.blobsDir(), Reserve: reserve, NoSync: noSync})
	if err != nil {
		return nil, err
	}
	stands, err = mark(s.blobsDir(), keys.Deployment)
	if err != nil {
		return nil, err
	}
	if stands != keys.Deployment {
		return nil, fault.New(fault.Invalid,
			"the stored bytes belong to another deployment than the database: "+
				"name those that belong together by --blobs and --data")
	}
	return blobs, nil
}

// mark gives a directory of blobs its deployment's id unless it has one, and returns the id that it has then.
//
// Order: bytes, their sync, the name. Link refuses a name that is taken, so of two nodes the first one's mark
// stands.
func mark(dir, id string) (string, error) {
	name := filepath.Join(dir, "deployment")
	stands, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeMark(dir, name, id); err == nil {
			stands, err = os.ReadFile(name)
		}
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "the mark of the stored bytes cannot be read or made")
	}
	return string(stands), nil
}

func makeMark(dir, name, id string) error {
	f, err := os.CreateTemp(dir, ".deployment-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(id)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), name)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// Close closes the database; keys and stored bytes have nothing open.
func (s *state) Close() error { return s.db.Close() }
