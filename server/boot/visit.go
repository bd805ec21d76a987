package boot

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"cameo/server/auth"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
)

// visit is the doctor's. Each part of the state is opened by itself, so that one which is amiss hides no
// other, and what does not open stays empty.
type visit struct {
	Config
	machine  Machine
	homeless bool // there is no data directory, which is a finding already
	state
	found []Finding
}

func (v *visit) find(name string, wrong error) { v.found = append(v.found, Finding{name, wrong}) }

func (v *visit) lookAtKeys() {
	if v.homeless && v.Keys == "" {
		return
	}
	keys, err := auth.LoadKeys(v.keysFile(), v.machine.Random, v.clock.Now)
	if err == nil {
		v.keys = keys
	}
	v.find("keys", err)
}

func (v *visit) lookAtDatabase(ctx context.Context) {
	if v.homeless && v.Database == "" {
		return
	}
	at := v.databaseConfig()
	at.Exists = true
	db, err := sqldb.Open(ctx, at)
	if err == nil {
		v.db = db
		err = v.judgeDatabase(ctx)
	}
	v.find("database", err)
}

func (v *visit) judgeDatabase(ctx context.Context) error {
	if err := errors.Join(v.clock.measure(ctx, v.db), v.db.Current(ctx)); err != nil {
		return err
	}
	stands, err := v.db.Deployment(ctx)
	switch {
	case err != nil:
		return err
	case v.isOther(stands):
		return v.otherDatabase()
	}
	return v.db.Check(ctx)
}

func (v *visit) lookAtBlobs(ctx context.Context) {
	if v.homeless && v.Blobs == "" {
		return
	}
	err := v.haveBlobs()
	if err == nil {
		err = v.judgeBlobs(ctx)
	}
	v.find("stored bytes", err)
}

// haveBlobs refuses a directory that the disk store would make.
func (v *visit) haveBlobs() error {
	if v.inS3() {
		return nil
	}
	_, err := os.Stat(v.blobsDir())
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.NotFound,
			"there is no directory for them yet (--blobs or DATA/blobs): run cameo migrate --all, which makes it")
	}
	return nil // what else is amiss the store says
}

func (v *visit) judgeBlobs(ctx context.Context) error {
	opened, err := v.openBlobs(ctx, v.machine)
	if err != nil {
		return err
	}
	v.blobs = opened
	stands, err := v.blobs.Marked(ctx)
	switch {
	case err != nil:
		return err
	case v.isOther(stands):
		return v.otherBlobs()
	}
	return v.blobs.Check(ctx)
}

// isOther says whether a part bears the mark of another deployment than the keys'. One without a mark will
// get theirs.
func (v *visit) isOther(mark string) bool {
	return mark != "" && v.keys.Deployment != "" && mark != v.keys.Deployment
}
