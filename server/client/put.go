package client

import (
	"cmp"
	"context"
	"io"

	"cameo/storage/fault"
)

// ChunkSize is how many bytes Put sends with one request when it is told nothing else.
const ChunkSize = 8 << 20

// Source is what Put sends.
type Source struct {
	io.ReaderAt
	Size int64  // bytes
	Name string // file name, without directories
	Type string // media type, such as image/png

	// Check says whether the bytes are still those that were meant; nil is a source that cannot change. It is
	// asked before each chunk and before the end, and its error is what Put ends with.
	Check func() error
}

// PutOptions are Put's choices. The zero value is a good one.
type PutOptions struct {
	Key       Key                     // an upload of the same bytes begun earlier; "" for none
	ChunkSize int64                   // bytes a request; 0 is ChunkSize
	Begun     func(Key) error         // called when an entry was created, before the first byte goes
	Progress  func(sent, total int64) // called as bytes go out; sent may fall back after a break
}

// Put uploads a source as a whole and returns the complete attachment. After a break, and when the server
// stands elsewhere than thought, it asks for the status and goes on from there. An upload begun earlier that
// is no longer there is begun anew. What ends it before the end but can be resumed is an *Interrupted. Beside
// an error the attachment is as it was known last.
//
// Order: create, remember the key (Begun), bytes. A key that nobody remembers expires by itself.
func (c *Client) Put(ctx context.Context, src Source, opts PutOptions) (Attachment, error) {
	if opts.ChunkSize <= 0 {
		opts.ChunkSize = ChunkSize
	}
	if opts.Progress == nil {
		opts.Progress = func(int64, int64) {}
	}
	if src.Check == nil {
		src.Check = func() error { return nil }
	}
	a, err := c.begin(ctx, src, opts)
	if err != nil {
		return a, err
	}
	if a, err = c.finish(ctx, src, a, opts); err != nil {
		return a, err
	}
	opts.Progress(a.Length, a.Length)
	return a, nil
}

// finish sends what is missing.
func (c *Client) finish(ctx context.Context, src Source, a Attachment, opts PutOptions) (Attachment, error) {
	p := patience{client: c}
	for {
		if err := src.Check(); err != nil || a.Complete {
			return a, err
		}
		opts.Progress(a.Offset, a.Length)
		next, err := c.chunk(ctx, src, a, opts)
		if changed := src.Check(); changed != nil { // whatever the server thinks of such bytes
			return a, changed
		}
		if err == nil && next.Offset > a.Offset {
			a, p = next, patience{client: c}
			continue
		}
		if err == nil {
			err = fault.New(fault.Unavailable, "the server took a chunk and kept none of it")
		}
		if next, err = c.recover(ctx, &p, a, err); err != nil {
			return a, err
		}
		if next.Offset > a.Offset {
			p = patience{client: c}
		}
		a = next
	}
}

// begin finds the upload that was begun earlier, or creates one.
func (c *Client) begin(ctx context.Context, src Source, opts PutOptions) (Attachment, error) {
	if opts.Key != "" {
		a, err := c.Status(ctx, opts.Key)
		switch {
		case err == nil && a.Length == src.Size:
			return a, nil
		case err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone):
		case lasting(err):
			return a, err
		default:
			return a, &Interrupted{Key: opts.Key, Length: src.Size, Cause: cmp.Or(context.Cause(ctx), err)}
		}
	}
	a, err := c.Create(ctx, src.Name, src.Type, src.Size)
	switch {
	case err != nil && ctx.Err() != nil:
		return a, &Interrupted{Length: src.Size, Cause: context.Cause(ctx)}
	case err == nil && opts.Begun != nil:
		return a, opts.Begun(a.Key)
	}
	return a, err
}

// chunk sends the bytes that follow the attachment's offset.
func (c *Client) chunk(ctx context.Context, src Source, a Attachment, opts PutOptions) (Attachment, error) {
	n := min(opts.ChunkSize, a.Length-a.Offset)
	body := &counted{
		from: io.NewSectionReader(src, a.Offset, n),
		tell: func(sent int64) { opts.Progress(a.Offset+sent, a.Length) },
	}
	return c.Append(ctx, a, a.Offset, n, body)
}

// recover decides what a failed chunk means: the end, an Interrupted, or the true offset to go on from. A
// conflict or a wrong offset needs no pause: the server is well, and knows something that we do not.
func (c *Client) recover(ctx context.Context, p *patience, a Attachment, err error) (Attachment, error) {
	for {
		if lasting(err) {
			return a, err
		}
		if !disagrees(err) || p.paused > 0 {
			if stop := p.wait(ctx, err); stop != nil {
				return a, &Interrupted{Key: a.Key, Offset: a.Offset, Length: a.Length, Cause: stop}
			}
		} else {
			p.paused++ // a second disagreement in a row pauses like any other break
		}
		var next Attachment
		if next, err = c.status(ctx, a.Key); err == nil {
			return next, nil
		}
	}
}

// counted tells how many bytes have gone.
type counted struct {
	from io.Reader
	sent int64
	tell func(sent int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.sent += int64(n)
	c.tell(c.sent)
	return n, err
}
