package storage

import (
	"context"
	"strings"

	"cameo/storage/fault"
)

// New is what a creator declares about an upload.
type New struct {
	Community Community
	Owner     Subject
	Length    int64  // bytes, at least 1; or Unknown, to be declared by a Write
	Type      string // media type; whether it is accepted is for the caller to say
	Name      string // file name as the client says it
	Request   string // Idempotency-Key, "" for none: the owner's second Create with it returns the same upload
	Partial   bool   // a part for Join: it is not judged, and is no file of its own
	Note      string // kept as it is, for the creator's dialect; at most 8 KiB
	SHA256    []byte // declared for the whole: the upload is not Complete unless it holds; nil for none
	Wish      string // what it is for once it is Complete, in words of that dialect; kept until it is held
}

const (
	keyDraws   = 5
	maxRequest = 255     // bytes
	maxNote    = 8 << 10 // bytes
)

// Create makes an Active upload of zero bytes. Wrong lengths and names are Invalid, too long a length
// TooLarge, a used-up quota TooMany or Full.
func (e *Engine) Create(ctx context.Context, n New) (Upload, error) {
	u, err := e.fresh(n)
	if err != nil {
		return Upload{}, err
	}
	if e.keepsClaims() { // the first request will most likely come here, and needs no claim of its own
		u.Writer = e.Node
	}
	made, first, err := e.insert(ctx, u)
	if err == nil && first && e.keepsClaims() {
		e.claims.keep(&claim{u: made, since: made.Created})
	}
	return made, err
}

// fresh is the Active upload of zero bytes that n asks for, still without a key.
func (e *Engine) fresh(n New) (Upload, error) {
	limit := e.Limits.MaxSize
	name, err := CleanName(n.Name)
	switch {
	case err != nil:
		return Upload{}, err
	case n.Length <= 0 && n.Length != Unknown:
		return Upload{}, fault.New(fault.Invalid, "the length must be at least 1 byte")
	case n.Length > limit:
		return Upload{}, fault.New(fault.TooLarge, "%s are more than the limit of %s",
			Size(n.Length).Exact(), Size(limit).Exact())
	case len(n.Request) > maxRequest || strings.ContainsFunc(n.Request, notPrintable):
		return Upload{}, fault.New(fault.Invalid, "an Idempotency-Key has at most %d characters", maxRequest)
	case len(n.Note) > maxNote:
		return Upload{}, fault.New(fault.Invalid, "what is told of the file has more than %d bytes", maxNote)
	}
	now := e.Clock()
	return Upload{
		ID: ID{Community: n.Community}, Owner: n.Owner, State: Active, Length: n.Length,
		Type: strings.ToLower(n.Type), Name: name, Request: n.Request,
		Partial: n.Partial, Note: n.Note, Wish: n.Wish, SHA256: n.SHA256,
		Created: now, Expires: now.Add(e.Limits.Expiry), Due: now.Add(e.Limits.Expiry),
	}, nil
}

// insert adds the upload under a key that it draws. It returns an earlier one if the owner has asked for it
// before; first says that it did not.
func (e *Engine) insert(ctx context.Context, u Upload, parts ...ID) (made Upload, first bool, err error) {
	for range keyDraws {
		if u.Key, err = DrawKey(e.Random); err != nil {
			return Upload{}, false, err
		}
		made, err := e.Ledger.Create(ctx, u, e.Limits.Quota, parts...)
		if !fault.Is(err, fault.Exists) {
			return made, made.Key == u.Key, err
		}
	}
	return Upload{}, false, fault.New(fault.Unavailable, "no free key was found")
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }
