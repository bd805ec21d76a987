package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"io"

	"cameo/storage/fault"
)

// DigestMismatch is the Reason of an upload that Failed because its bytes do not have the SHA-256 that was
// declared for them.
const DigestMismatch = "digest_mismatch"

// resumeHash goes on with the SHA-256 that is declared for the whole upload where the last commit left it.
func (s *session) resumeHash() error {
	if s.u.SHA256 == nil {
		return nil
	}
	h := sha256.New()
	state, ok := h.(encoding.BinaryUnmarshaler)
	if s.u.Offset > 0 && (!ok || state.UnmarshalBinary(s.u.Hashed) != nil) {
		return fault.New(fault.Corrupt, "the state of the upload's checksum cannot be read")
	}
	s.repr = h
	return nil
}

// hashState is the state of the declared SHA-256 after the bytes that have come; nil when none is declared.
func (s *session) hashState() []byte {
	h, ok := s.repr.(encoding.BinaryMarshaler)
	if !ok {
		return nil
	}
	state, err := h.MarshalBinary()
	if err != nil {
		return []byte{} // it cannot be read back, and says so then
	}
	return state
}

// prove holds the bytes of an upload that is about to be Complete against its declared SHA-256. The state of
// the checksum is of no more use then.
func (s *session) prove(c *Commit) error {
	if s.repr == nil {
		return nil
	}
	c.Hashed = []byte{}
	if !bytes.Equal(s.repr.Sum(nil), s.u.SHA256) {
		return fault.New(fault.Mismatch, "the file does not have the declared checksum").Because(DigestMismatch)
	}
	return nil
}

// Digest is the SHA-256 of a Complete upload. One that nobody has declared or asked for before is computed
// from the stored bytes, and kept.
func (e *Engine) Digest(ctx context.Context, u Upload) ([]byte, error) {
	if u.State == Complete && u.SHA256 != nil {
		return u.SHA256, nil
	}
	from, err := e.Open(ctx, u, 0, u.Length)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	h := sha256.New()
	if _, err := io.Copy(h, from); err != nil {
		return nil, fault.Wrap(err, fault.Of(err), "the stored file cannot be read")
	}
	sum := h.Sum(nil)
	// Should it not be kept, who asks next computes it again.
	_ = e.KeepDigest(context.WithoutCancel(ctx), u, sum)
	return sum, nil
}

// KeepDigest keeps the SHA-256 of a Complete upload, as somebody has computed it who has read all of it. One
// that is known stays.
func (e *Engine) KeepDigest(ctx context.Context, u Upload, sum []byte) error {
	if u.State != Complete || u.SHA256 != nil {
		return nil
	}
	return e.note(ctx, u, Commit{SHA256: sum})
}
