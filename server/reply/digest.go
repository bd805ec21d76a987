package reply

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"

	"github.com/dunglas/httpsfv"
	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// maxDigestLines is how many Content-Digest lines are read; nobody needs more than one for each algorithm.
const maxDigestLines = 4

// Digest is what a request declares of its body: the sums, one after the other, that the hash must come to.
type Digest struct {
	Hash hash.Hash // fresh
	Want []byte
}

// ContentDigest reads the checksums that a request declares for its body: Content-Digest (RFC 9530) with
// sha-256 or sha-512, and Content-MD5. All of them must hold. Algorithms that are not known are passed over,
// as the RFC says; nil means none. However long the head is, the body is hashed once by each algorithm at
// most.
func ContentDigest(h http.Header) (*Digest, error) {
	lines, fives := h.Values("Content-Digest"), h.Values("Content-MD5")
	if len(lines) > maxDigestLines {
		return nil, wrongDigest("Content-Digest", "there are too many of them")
	}
	if len(fives) > 1 {
		return nil, wrongDigest("Content-MD5", "there is more than one")
	}
	var all hashes
	var want []byte
	add := func(one hash.Hash, text, header string) error {
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(sum) != one.Size() {
			return wrongDigest(header, "the checksum cannot be read")
		}
		all, want = append(all, one), append(want, sum...)
		return nil
	}
	for name, value := range members(lines) {
		text, opened := strings.CutPrefix(value, ":")
		text, closed := strings.CutSuffix(text, ":")
		if !opened || !closed {
			return nil, wrongDigest("Content-Digest", "want sha-256=:BASE64:")
		}
		if err := add(algorithm(name), text, "Content-Digest"); err != nil {
			return nil, err
		}
	}
	for _, text := range fives {
		if err := add(md5.New(), text, "Content-MD5"); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return &Digest{Hash: all, Want: want}, nil
}

// ReprDigest reads the SHA-256 that a request declares for the whole file (Repr-Digest, RFC 9530). Other
// algorithms are passed over, as the RFC says; nil means none.
func ReprDigest(h http.Header) ([]byte, error) {
	lines := h.Values("Repr-Digest")
	if len(lines) > maxDigestLines {
		return nil, wrongDigest("Repr-Digest", "there are too many of them")
	}
	value, ok := members(lines)["sha-256"]
	if !ok {
		return nil, nil
	}
	text, opened := strings.CutPrefix(value, ":")
	text, closed := strings.CutSuffix(text, ":")
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	if !opened || !closed || err != nil || len(sum) != sha256.Size {
		return nil, wrongDigest("Repr-Digest", "want sha-256=:BASE64:")
	}
	return sum, nil
}

// ShowReprDigest says in the headers of the answer which SHA-256 the whole file has: the one that is known,
// or, for a request that asks for it (Want-Repr-Digest), the one that compute finds.
func ShowReprDigest(c echo.Context, known []byte, compute func(context.Context) ([]byte, error)) error {
	sum := known
	if sum == nil && wantsReprDigest(c.Request().Header) {
		var err error
		if sum, err = compute(c.Request().Context()); err != nil {
			return err
		}
	}
	if sum != nil {
		c.Response().Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	}
	return nil
}

func wantsReprDigest(h http.Header) bool {
	wanted, err := httpsfv.UnmarshalDictionary(h.Values("Want-Repr-Digest"))
	if err != nil {
		return false
	}
	member, _ := wanted.Get("sha-256")
	item, ok := member.(httpsfv.Item)
	weight, isNumber := item.Value.(int64)
	return ok && isNumber && weight > 0
}

// members are those of a dictionary (RFC 8941, section 3.2) whose keys are known algorithms. Of a key that
// comes again the last value counts.
func members(lines []string) map[string]string {
	known := map[string]string{}
	for member := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		if name == "sha-256" || name == "sha-512" {
			known[name] = value
		}
	}
	return known
}

// algorithm is the hash of one of the names that members knows.
func algorithm(name string) hash.Hash {
	if name == "sha-512" {
		return sha512.New()
	}
	return sha256.New()
}

func wrongDigest(header, message string) error {
	return fault.New(fault.Malformed, "%s", message).About(header)
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
