package storage

import (
	"context"
	"hash"
	"io"
	"sync"

	"cameo/storage/fault"
)

// Judge looks at the first bytes of an upload whose last byte has arrived. A refusal is Unsupported with a
// reason code: the upload is Failed then, and its bytes go.
type Judge func(u Upload) error

// Config is what an Engine is made of.
type Config struct {
	Ledger Ledger
	Trash  Trash
	Blobs  Blobs
	Node   string    // this process's name, of base62 characters: no other process, earlier or later, has it
	Clock  Clock     // tells the time
	Random io.Reader // draws keys; crypto/rand's Reader
	Limits Limits
	Judge  Judge // nil accepts everything
}

// Engine makes uploads of a Ledger and a Blobs. It is safe for use by many goroutines, and many engines may
// share one ledger and store.
type Engine struct {
	Config
	memory  *budget
	mu      sync.Mutex
	writers map[ID]*session // writes that run in this process
	repeats map[ID]Body     // bodies that are being compared with what was written
	claims  *claims         // of writes that have ended here and may go on
	closing bool
	tails   *tails        // inline tails that are kept in memory
	recent  *recent       // uploads that were stored a moment ago
	reading chan struct{} // places for writes that read an inline tail back, beside their pages
	inlines chan struct{} // places for writes whose commit carries bytes
}

// As much as these parts of the memory may be spent on what is kept beyond need: of its own bytes on uploads
// that were just stored, and besides them on inline tails.
const (
	recentShare = 16
	tailShare   = 8        // on tails that are kept
	readShare   = 4        // on tails that are read back
	tailBytes   = 16 << 20 // of one at most
)

// mostInline is how many commits may carry bytes at once: each has a copy of them, and the database has other
// things to do.
const mostInline = 16

// NewEngine returns an Engine. Drain ends it.
func NewEngine(c Config) *Engine {
	if c.Judge == nil {
		c.Judge = func(Upload) error { return nil }
	}
	return &Engine{
		Config: c, memory: newBudget(c.Limits.Memory, c.Blobs.Shape().Gather), claims: newClaims(),
		writers: map[ID]*session{}, repeats: map[ID]Body{},
		tails:   newTails(c.Limits.Memory / tailShare),
		recent:  newRecent(c.Limits.Memory / recentShare),
		reading: make(chan struct{}, max(1, c.Limits.Memory/readShare/tailBytes)),
		inlines: make(chan struct{}, mostInline),
	}
}

// Write is one request to append bytes.
type Write struct {
	ID
	At     int64   // offset of the first byte
	Len    int64   // bytes that will come; the body must hold exactly so many
	UpTo   bool    // Len is only the most that may come: where the body ends is for it to say
	Ends   bool    // where the body ends, the upload does: that declares a Length that was Unknown
	Total  int64   // the upload's length as the client says it, or Unknown
	Length int64   // declares the length of an upload whose length was Unknown, with a Len of 0; else 0
	Digest *Digest // declared for these bytes; nil for none
	Body   Body
	Seen   Upload // what Resume has just told the caller; zero: Append looks itself
	// Progress is told each offset up to which bytes have become durable while more are to come. It is called
	// by one goroutine at a time, and not after Append has returned; the write waits for it. nil: nobody asks.
	Progress func(offset int64)
}

// Digest is a checksum that a client declared for a body: nothing of the body is kept unless it holds.
type Digest struct {
	Hash hash.Hash // fresh
	Want []byte
}

// Buffered is how many bytes of memory the pages have that writes hold now, Limits.Memory at most.
func (e *Engine) Buffered() int64 { return e.memory.taken() }

// Find returns an upload and settles nothing: a running write goes on. Cancelled and Expired ones are Gone.
func (e *Engine) Find(ctx context.Context, id ID) (Upload, error) {
	u, err := e.row(ctx, id)
	if err == nil && (u.State == Cancelled || u.State == Expired) {
		return u, u.Closed()
	}
	return u, err
}

// Resume is Find for a request that may go on writing: what this process has committed last, under a claim
// that it keeps, is not read again. Should somebody else have changed the upload since, no harm is done:
// before Append refuses a request it reads the row, and to what it accepts the ledger has the last word.
func (e *Engine) Resume(ctx context.Context, id ID) (Upload, error) {
	if u, ok := e.claims.view(id); ok && u.State == Active && u.Expires > e.Clock() {
		return u, nil
	}
	return e.Find(ctx, id)
}

// row reads an upload. One whose time is up is Expired, whether or not the sweep has come by.
func (e *Engine) row(ctx context.Context, id ID) (Upload, error) {
	u, err := e.Ledger.Find(ctx, id)
	if err == nil && u.State == Active && u.Expires <= e.Clock() {
		u.State = Expired
	}
	return u, err
}

// keepsClaims says whether a claim outlives its request: where runs can go on, which is where one process
// writes. With many, a claim that is left behind would make the sweep look for what its holder may have left.
func (e *Engine) keepsClaims() bool { return e.Blobs.Shape().Gather == 0 }

// Status is Find for the uploader: a running write, here or on another node, is ended first, so that the
// offset told stays true until the next write. What the ended write had received in this process is durable
// by then.
func (e *Engine) Status(ctx context.Context, id ID) (Upload, error) {
	u, err := e.Find(ctx, id)
	if err != nil || u.State != Active || u.Writer == "" && e.writer(id) == nil {
		return u, err
	}
	e.stop(ctx, id, fault.New(fault.Superseded, "a status query ended this write"))
	u, err = e.Find(ctx, id)
	if err != nil || u.State != Active || u.Writer == "" || e.claims.has(u) {
		return u, err
	}
	claimed, err := e.Ledger.Claim(ctx, id, anywhere, "", e.Clock())
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Unsupported): // it ended just now
		return e.Find(ctx, id)
	case fault.Is(err, fault.Full) && u.Writer == e.Node && e.writer(id) == nil:
		return u, nil // a database without room can still tell, and nobody writes here
	}
	return claimed, err
}

// anywhere claims an upload at whatever offset it stands.
const anywhere int64 = -1
