package gigya

import (
	"bytes"
	"crypto/sha1"
	"hash"
)

// written is a hash that keeps what it is given.
type written struct {
	hash.Hash
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) { return w.text.Write(p) }

// Base is the text that is signed of parameters in a query's encoding.
func Base(query, method, address string) (string, error) {
	p := newParams()
	if err := p.readQuery(query); err != nil {
		return "", err
	}
	w := &written{Hash: sha1.New()}
	p.base(w, method, address)
	return w.text.String(), nil
}

// Signed says whether the parameters are signed for one of the addresses.
func Signed(query, secret, method string, addresses ...string) bool {
	p := newParams()
	return p.readQuery(query) == nil && p.signed(secret, method, addresses)
}

// DecodePhoto is decodePhoto.
func DecodePhoto(text []byte) ([]byte, error) { return decodePhoto(text) }

// SignedAddress is signedAddress.
func SignedAddress(base, path string) string { return signedAddress(base, path) }

// SignUID is signUID.
func SignUID(secret, at, uid string) (string, error) { return signUID(secret, at, uid) }
