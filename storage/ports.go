package storage

import (
	"context"
	"io"
)

// Blobs keeps runs of bytes, each written once by one writer. The Engine makes the names from key and epoch:
// a frozen writer that wakes up can only spoil its own run, which no row mentions. Nothing is read that the
// Ledger has not committed. A store that has no room answers Full, one that does not answer Unavailable.
type Blobs interface {
	// Shape tells constant facts about the store.
	Shape() Shape
	// Create begins the run of a name that is new for ever; a name that was used is Exists, at the latest at
	// Sync.
	Create(ctx context.Context, name Name) (Run, error)
	// Open reads exactly n bytes from off on. A missing blob is NotFound; one that ends earlier gives Corrupt,
	// here or while reading. The caller closes.
	Open(ctx context.Context, name Name, off, n int64) (io.ReadCloser, error)
	// Delete removes blobs. What is not there is no error; after an error some may remain: call again.
	Delete(ctx context.Context, names ...Name) error
	// List returns up to n names that begin with under and stand after the name after, in byte order. Sweep and
	// scrub only.
	List(ctx context.Context, under, after Name, n int) ([]Name, error)
	// Check writes, syncs, reads and deletes a probe. A store where that costs something may look at less
	// while it has no reason to doubt.
	Check(ctx context.Context) error
}

// Run is a blob while it is written, by one goroutine at a time.
type Run interface {
	// Write appends pages. With Gather > 0 the pages stay the run's until Sync or Close returns, else until
	// Write returns.
	Write(ctx context.Context, pages ...[]byte) error
	// Sync makes all that was written durable. With Gather > 0 the run is over then; else it may go on.
	// After an error only Close may follow: nothing since the last good Sync can be relied on. It ends with
	// Unavailable when the store stalls, and only the store can tell that from being slow: ctx has no limit.
	Sync(ctx context.Context) error
	// Close frees the run's resources and keeps the blob. Calling it twice is safe.
	Close() error
}

// Shape is what the Engine must know of a store to write to it well.
type Shape struct {
	Gather   int64 // bytes of a run at most, gathered in memory and stored as one; 0: pages go straight through
	Inline   int64 // bytes of a seal that may ride in the row instead; 0: none
	Parallel int   // runs that may be stored at once for one upload
}

// Ledger knows how far each upload has come. A foreign community's id is NotFound.
type Ledger interface {
	// Create adds an upload within its owner's Quota, else TooMany or Full. An existing key, alive or dead, is
	// Exists: draw again. When the owner has made an upload with the same Request before, that one is returned
	// instead. An upload with parts is Complete from the start: it shares their bytes, end to end. Each must be
	// Complete and Partial, and all together have its Length, else Conflict.
	Create(ctx context.Context, u Upload, q Quota, parts ...ID) (Upload, error)
	// Find returns the row.
	Find(ctx context.Context, id ID) (Upload, error)
	// Claim makes the caller the writer: it adds one to the epoch if the upload is Active and stands at offset
	// at (at < 0: anywhere), else OffsetError or Conflict. Node "" leaves it without a writer. Over a writer
	// that has not released it, it sets Dirty to now.
	Claim(ctx context.Context, id ID, at int64, node string, now Millis) (Upload, error)
	// Commit applies c in one transaction if the upload's epoch is c.Epoch and its offset c.From, else
	// Superseded. An unknown outcome is settled by trying again: own epoch and offset c.To mean that it was
	// done.
	Commit(ctx context.Context, c Commit) error
	// Extents returns those that overlap [from, to) in order of offset, inline bytes included.
	Extents(ctx context.Context, id ID, from, to int64) ([]Extent, error)
	// Due takes up to n uploads whose Due or Dirty has come: to others it comes again at until.
	Due(ctx context.Context, now, until Millis, n int) ([]Upload, error)
}

// Quota bounds what one owner may have in one community. 0 is no bound.
type Quota struct {
	Open     int   // Active uploads
	Bytes    int64 // declared bytes of Active and Complete uploads
	Day      int64 // declared bytes of what is created in a day of UTC, whatever becomes of it
	Deferred int64 // what an upload of Unknown length counts for in Bytes and Day, until it is declared
}

// Commit is one step of an upload, made by the holder of its epoch.
type Commit struct {
	ID
	Epoch    int64
	From, To int64    // offset before and after; equal when no bytes are added
	Put      []Extent // replace all from Put[0].Off on; blobs that no extent mentions any more go to the trash
	Grow     bool     // Put[0] is the last extent, whose run went on; what it was before is part of it
	Inline   int64    // where the inline tail starts afterwards; To when there is none
	CRC      uint64   // of the first To bytes
	Head     []byte   // the first bytes afterwards; nil: unchanged
	Last     *Request // nil: unchanged
	Length   int64    // declares the length when > 0
	SHA256   []byte   // of all bytes; nil: unchanged
	Hashed   []byte   // state of the SHA-256 of the first To bytes; nil: unchanged
	Deferred int64    // with Length: what the upload has counted for until now, see Quota
	State    State    // 0: unchanged. One that has Ended drops all extents, Put too; their blobs go to the trash
	Reason   string   // with Failed
	Due      Millis   // with State: when the sweep looks next
	Dirty    *Millis  // nil: unchanged; 0: clean
	Looked   bool     // the sweep has listed the blobs: Looked becomes Epoch
	Purge    bool     // drop the row altogether; blobs go to the trash
	Claim    bool     // claim too: the epoch becomes Epoch+1; over a writer that has not released it, sets Dirty
	Release  bool     // nobody writes any more
	Now      Millis
}

// Trash holds the names of blobs that no row mentions any more, filled in the transactions that dropped the
// rows.
type Trash interface {
	// Discard adds names that may be deleted from due on.
	Discard(ctx context.Context, due Millis, names ...Name) error
	// Discarded takes up to n names whose time has come: to others it comes again at until.
	Discarded(ctx context.Context, now, until Millis, n int) ([]Name, error)
	// Forget drops names after their blobs were deleted.
	Forget(ctx context.Context, names ...Name) error
	// Unmentioned returns those of the names that no extent of any upload mentions.
	Unmentioned(ctx context.Context, names ...Name) ([]Name, error)
}

// Holds keeps the sweep from purging a Complete upload that somebody uses.
type Holds interface {
	// Hold adds holder's hold, and takes the upload's Wish for done. NotFound, or Conflict if the upload is not
	// Complete. Holding twice is no error.
	Hold(ctx context.Context, id ID, holder string) error
	// Unhold ends it; the upload without holds becomes due at due. No hold is no error.
	Unhold(ctx context.Context, id ID, holder string, due Millis) error
}

// Body is where a write's bytes come from.
type Body interface {
	// Read is io.Reader's. A body that was cut gives an error other than io.EOF; one whose sender has lost the
	// right to it Forbidden or Unauthenticated, and what it has brought since the last commit is dropped.
	io.Reader
	// Interrupt, from any goroutine, makes a blocked Read return an error soon, and every later one.
	Interrupt()
}
