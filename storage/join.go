package storage

import (
	"context"

	"cameo/storage/fault"
)

// Join makes a Complete upload of the bytes of finished parts, one after the other. No byte is moved: the
// upload shares their runs, and outlives them. It is judged as any other; a refusal makes no upload. Parts
// that are not Complete are Conflict, what is no part is Invalid. n.Length is not looked at.
func (e *Engine) Join(ctx context.Context, n New, parts []ID) (Upload, error) {
	var sum Upload
	for _, id := range parts {
		p, err := e.part(ctx, id)
		if err != nil {
			return Upload{}, err
		}
		if sum.Length += p.Length; sum.Length > e.Limits.MaxSize {
			return Upload{}, fault.New(fault.TooLarge, "an upload has at most %d bytes", e.Limits.MaxSize)
		}
		sum.CRC = joinCRC(sum.CRC, p.CRC, p.Length)
		sum.Head = append(sum.Head, p.Head[:min(len(p.Head), HeadSize-len(sum.Head))]...)
	}
	n.Length = sum.Length
	u, err := e.fresh(n)
	if err != nil {
		return Upload{}, err
	}
	u.State, u.Due = Complete, u.Created.Add(e.Limits.Retention)
	u.Offset, u.Inline, u.CRC, u.Head = sum.Length, sum.Length, sum.CRC, sum.Head
	if err := e.judge(u); err != nil {
		return Upload{}, err
	}
	made, _, err := e.insert(ctx, u, parts...)
	return made, err
}

// part returns a part that can be joined.
func (e *Engine) part(ctx context.Context, id ID) (Upload, error) {
	p, err := e.Find(ctx, id)
	switch {
	case err != nil:
		return p, err
	case !p.Partial:
		return p, fault.New(fault.Invalid, "only parts can be joined")
	case p.State != Complete:
		return p, fault.New(fault.Conflict, "a part of the upload is not complete")
	}
	return p, nil
}
