package sqldb

import (
	"context"
	"database/sql"
	"errors"

	"cameo/storage/fault"
)

// ErrNoRow is what Scan returns when the statement gave no row.
var ErrNoRow = errors.New("no row")

// errUnknown marks the failure of a commit whose outcome nobody told us.
var errUnknown = errors.New("outcome unknown")

// Unknown says whether err leaves open if the transaction happened. Such a transaction is never tried again
// here: only the caller can tell from the rows, by trying the same compare-and-set again. A write that ran
// out of its own time is not Unknown, though it may have happened: another try would double the wait.
func Unknown(err error) bool { return errors.Is(err, errUnknown) }

// disruption is what a driver's error means for the transaction it struck.
type disruption int

const (
	none      disruption = iota // the statement itself is wrong
	contended                   // rolled back in favour of another transaction, or locked out: run it again
	lost                        // the connection broke; what it was just doing may have happened
	full                        // no room
	down                        // the database does not work, or not in time
	denied                      // the database does not let this program in, or not do this
	damaged                     // the database's files are not what it wrote
)

// disruption is the driver's classification, or that of a context that ended, and a transaction with it.
func (db *DB) disruption(err error) disruption {
	if d := db.classify(err); d != none {
		return d
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, sql.ErrTxDone) {
		return down
	}
	return none
}

// fail makes a fault of a driver's error. Errors that are faults already, and ErrNoRow, stay as they are.
func (db *DB) fail(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRow
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	switch db.disruption(err) {
	case full:
		return fault.Wrap(err, fault.Full, "the disk of the database has no room")
	case contended, lost, down, denied:
		return fault.Wrap(err, fault.Unavailable, "the database does not answer; try again")
	case damaged:
		return fault.Wrap(err, fault.Corrupt, "the database is damaged, or it is none of this program's")
	}
	return fault.Wrap(err, fault.Internal, "the database refused a statement")
}
