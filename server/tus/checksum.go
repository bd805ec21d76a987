package tus

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"

	"cameo/storage"
	"cameo/storage/fault"
)

// algorithms are those of newHash.
const algorithms = "sha1,sha256,crc32c"

// newHash is the hash of one of the algorithms; nil for any other name.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "sha1":
		return sha1.New() // it finds damage, which is all that the protocol wants of it
	case "sha256":
		return sha256.New()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	}
	return nil
}

// checksum gives the write the checksum that the request declares, in its head or behind its body.
func (x *exchange) checksum(w *storage.Write) error {
	r := x.c.Request()
	lines := r.Header.Values("Upload-Checksum")
	_, trailer := r.Trailer[http.CanonicalHeaderKey("Upload-Checksum")]
	switch {
	case len(lines) > 1 || len(lines) == 1 && trailer:
		return badChecksum("there is more than one")
	case len(lines) == 1:
		algorithm, want, err := parseChecksum(lines[0])
		if err != nil {
			return err
		}
		w.Digest = &storage.Digest{Hash: newHash(algorithm), Want: want}
	case trailer:
		late := &lateHash{all: map[string]hash.Hash{}}
		for name := range strings.SplitSeq(algorithms, ",") {
			late.all[name] = newHash(name)
		}
		w.Digest = &storage.Digest{Hash: late}
		w.Body = trailed{Body: w.Body, r: r, late: late, digest: w.Digest}
	}
	return nil
}

// parseChecksum reads "ALGORITHM BASE64".
func parseChecksum(s string) (algorithm string, want []byte, err error) {
	algorithm, text, _ := strings.Cut(s, " ")
	one := newHash(algorithm)
	if one == nil {
		return "", nil, badChecksum("want one of " + algorithms)
	}
	want, err = base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(want) != one.Size() {
		return "", nil, badChecksum("the checksum cannot be read")
	}
	return algorithm, want, nil
}

func badChecksum(why string) error {
	return fault.New(fault.Malformed, "%s", why).About("Upload-Checksum")
}

// trailed is a body behind which the checksum comes.
type trailed struct {
	storage.Body
	r      *http.Request
	late   *lateHash
	digest *storage.Digest
}

// Read is io.Reader's. With the end of the body the trailer is there.
func (t trailed) Read(p []byte) (int, error) {
	n, err := t.Body.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	algorithm, want, wrong := parseChecksum(t.r.Trailer.Get("Upload-Checksum"))
	if wrong != nil {
		return n, wrong
	}
	t.late.Hash, t.digest.Want = t.late.all[algorithm], want
	return n, err
}

// lateHash hashes by all algorithms until it is told which one counts.
type lateHash struct {
	hash.Hash // the one that counts; nil until then
	all       map[string]hash.Hash
}

// Write feeds all of them.
func (l *lateHash) Write(p []byte) (int, error) {
	for _, one := range l.all {
		one.Write(p)
	}
	return len(p), nil
}
