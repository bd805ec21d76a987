package storage

import (
	"io"

	"cameo/storage/fault"
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// KeyLength is the number of characters of a Key.
const KeyLength = 10

// Key names an upload: ten characters of 0-9, A-Z and a-z, case-sensitive. It identifies and never
// authorises.
type Key string

// ParseKey reads a Key from text. What cannot be a key is NotFound, as a key that nobody has is.
func ParseKey(s string) (Key, error) {
	if len(s) != KeyLength || !IsBase62(s) {
		return "", NoUpload()
	}
	return Key(s), nil
}

// NoUpload is the one answer for a key that is missing, foreign or of another community.
func NoUpload() error { return fault.New(fault.NotFound, "there is no upload with that key") }

// DrawKey draws a new Key from random, which is crypto/rand's Reader outside of tests.
func DrawKey(random io.Reader) (Key, error) {
	s, err := DrawBase62(random, KeyLength)
	return Key(s), err
}

// IsBase62 says whether s is made of 0-9, A-Z and a-z only.
func IsBase62(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// DrawBase62 draws n characters, each with the same chance: bytes that would favour some are thrown away.
func DrawBase62(random io.Reader, n int) (string, error) {
	const fair = 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for {
		if _, err := io.ReadFull(random, buf); err != nil {
			return "", fault.Wrap(err, fault.Internal, "no randomness")
		}
		for _, b := range buf {
			if int(b) >= fair {
				continue
			}
			if out = append(out, alphabet[int(b)%len(alphabet)]); len(out) == n {
				return string(out), nil
			}
		}
	}
}
