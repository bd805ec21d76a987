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
	Length    int64  // bytes, at least 1
	Type      string // media type; whether it is accepted is for the caller to say
	Name      string // file name as the client says it
	Request   string // Idempotency-Key, "" for none: the owner's second Create with it returns the same upload
}

const (
	keyDraws   = 5
	maxRequest = 255 // bytes
)

// Create makes an Active upload of zero bytes. Wrong lengths and names are Invalid, too long a length
// TooLarge, a used-up quota TooMany or Full.
func (e *Engine) Create(ctx context.Context, n New) (Upload, error) {
	limit := e.Limits.MaxSize
	name, err := CleanName(n.Name)
	switch {
	case err != nil:
		return Upload{}, err
	case n.Length <= 0:
		return Upload{}, fault.New(fault.Invalid, "the length must be at least 1 byte")
	case n.Length > limit:
		return Upload{}, fault.New(fault.TooLarge, "%d bytes are more than the limit of %d bytes", n.Length, limit)
	case len(n.Request) > maxRequest || strings.ContainsFunc(n.Request, notPrintable):
		return Upload{}, fault.New(fault.Invalid, "an Idempotency-Key has at most %d characters", maxRequest)
	}
	now := e.Clock()
	u := Upload{
		Owner: n.Owner, State: Active, Length: n.Length,
		Type: strings.ToLower(n.Type), Name: name, Request: n.Request,
		Created: now, Expires: now.Add(e.Limits.Expiry), Due: now.Add(e.Limits.Expiry),
	}
	if e.keepsClaims() { // the first request will most likely come here, and needs no claim of its own
		u.Writer = e.Node
	}
	for range keyDraws {
		key, err := DrawKey(e.Random)
		if err != nil {
			return Upload{}, err
		}
		u.ID = ID{n.Community, key}
		made, err := e.Ledger.Create(ctx, u, e.Limits.Quota)
		if err == nil && made.Key == u.Key && e.keepsClaims() {
			e.claims.keep(&claim{u: made, since: now})
		}
		if !fault.Is(err, fault.Exists) {
			return made, err
		}
	}
	return Upload{}, fault.New(fault.Unavailable, "no free key was found")
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }
