package directory

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"cameo/storage/fault"
)

// The cost of a password is what OWASP's Password Storage Cheat Sheet recommends for argon2id: 19 MiB of
// memory, two passes, one lane. It stands in each hash, so that a later version can raise it and still
// check the old ones.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16 // bytes
	keyLen  = 32
)

// Bounds on what a hash may ask for: a damaged row must not cost gigabytes.
const (
	maxMemory = 256 * 1024 // KiB
	maxPasses = 16
)

// Bounds of a password that is chosen: the least length is that of NIST SP 800-63B.
const (
	minPassword = 8    // characters
	maxPassword = 1024 // bytes
)

const phc = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s"

// hash returns the PHC string of a password with a fresh salt.
func hash(random io.Reader, password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fault.Wrap(err, fault.Internal, "no randomness")
	}
	key := argon2.IDKey([]byte(password), salt, passes, memory, lanes, keyLen)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf(phc, argon2.Version, memory, passes, lanes, text(salt)+"$"+text(key)), nil
}

// matches says whether kept is the hash of password. No hash, or one that cannot be read, takes as long and
// is false.
func matches(kept, password string) bool {
	h, ok := parse(kept)
	if !ok {
		h = phcHash{memory: memory, passes: passes, salt: make([]byte, saltLen), key: make([]byte, keyLen)}
	}
	if len(password) > maxPassword {
		return false
	}
	key := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1 && ok
}

// phcHash is a PHC string taken apart.
type phcHash struct {
	memory, passes uint32
	salt, key      []byte
}

func parse(kept string) (h phcHash, ok bool) {
	var version, p int
	var rest string
	n, err := fmt.Sscanf(kept, phc, &version, &h.memory, &h.passes, &p, &rest)
	if err != nil || n != 5 || version != argon2.Version || p != lanes {
		return phcHash{}, false
	}
	salt, key, _ := strings.Cut(rest, "$")
	text := base64.RawStdEncoding
	if h.salt, err = text.DecodeString(salt); err != nil {
		return phcHash{}, false
	}
	if h.key, err = text.DecodeString(key); err != nil {
		return phcHash{}, false
	}
	return h, len(h.key) == keyLen && h.passes >= 1 && h.passes <= maxPasses && h.memory <= maxMemory
}
