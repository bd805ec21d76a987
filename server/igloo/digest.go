package igloo

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"

	"cameo/storage"
	"cameo/storage/fault"
)

// digest reads the checksums that a request declares for its body: Content-Digest (RFC 9530) with sha-256
// or sha-512, and Content-MD5. All of them must hold. Algorithms that are not known are passed over, as the
// RFC says; nil means none.
func digest(h http.Header) (*storage.Digest, error) {
	var all hashes
	var want []byte
	add := func(one hash.Hash, text, header string) error {
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(sum) != one.Size() {
			return fault.New(fault.Malformed, "the checksum cannot be read").About(header)
		}
		all, want = append(all, one), append(want, sum...)
		return nil
	}
	for member := range strings.SplitSeq(strings.Join(h.Values("Content-Digest"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		one := algorithm(name)
		if one == nil {
			continue
		}
		text, ok := strings.CutPrefix(value, ":")
		text, closed := strings.CutSuffix(text, ":")
		if !ok || !closed {
			return nil, fault.New(fault.Malformed, "want sha-256=:BASE64:").About("Content-Digest")
		}
		if err := add(one, text, "Content-Digest"); err != nil {
			return nil, err
		}
	}
	for _, text := range h.Values("Content-MD5") {
		if err := add(md5.New(), text, "Content-MD5"); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return &storage.Digest{Hash: all, Want: want}, nil
}

func algorithm(name string) hash.Hash {
	switch name {
	case "sha-256":
		return sha256.New()
	case "sha-512":
		return sha512.New()
	}
	return nil
}

// hashes is many hashes of the same bytes; its sum is theirs, one after the other.
type hashes []hash.Hash

// Write feeds all of them.
func (all hashes) Write(b []byte) (int, error) {
	for _, h := range all {
		h.Write(b)
	}
	return len(b), nil
}

// Sum appends the sums to b.
func (all hashes) Sum(b []byte) []byte {
	for _, h := range all {
		b = h.Sum(b)
	}
	return b
}

// Reset forgets what was written.
func (all hashes) Reset() {
	for _, h := range all {
		h.Reset()
	}
}

// Size is the number of bytes of all sums.
func (all hashes) Size() int { return len(all.Sum(nil)) }

// BlockSize is 1: writes may have any length.
func (all hashes) BlockSize() int { return 1 }
