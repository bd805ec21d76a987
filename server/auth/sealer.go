package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"

	"cameo/storage/fault"
)

// Sealer encrypts what a browser keeps for us and must neither read nor change. All nodes that share Keys
// open each other's. It may be used by many goroutines.
type Sealer struct{ box cipher.AEAD }

// NewSealer returns a sealer for one purpose: what it seals cannot be opened for another one.
func NewSealer(keys Keys, purpose string) (*Sealer, error) {
	key, err := hkdf.Key(sha256.New, keys.Sealing, nil, "cameo sealed "+purpose, sha256.Size)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key to seal with")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key to seal with")
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key to seal with")
	}
	return &Sealer{box}, nil
}

// Seal encrypts text, for a cookie.
func (s *Sealer) Seal(text []byte) string {
	return base64.RawURLEncoding.EncodeToString(s.box.Seal(nil, nil, text, nil))
}

// Open is the text that was sealed. Anything else is Unauthenticated.
func (s *Sealer) Open(sealed string) ([]byte, error) {
	box, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, notSealed(err)
	}
	text, err := s.box.Open(nil, nil, box, nil)
	if err != nil {
		return nil, notSealed(err)
	}
	return text, nil
}

func notSealed(cause error) error {
	return fault.Wrap(cause, fault.Unauthenticated,
		"this sign-in was not begun here, or too long ago: begin again")
}
