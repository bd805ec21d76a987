// Package auth finds out who asks. A request's bearer token becomes an association.Actor; tokens are signed
// with the instance's own key or by an issuer whose keys are fetched from its JWKS.
package auth

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// Keys are a deployment's own secrets. All nodes that share a database share them.
type Keys struct {
	Deployment string    `json:"deployment"` // 22 base62 characters; other ones' stores are refused
	Created    time.Time `json:"created"`
	Signing    []byte    `json:"signing"` // 32 bytes: signs tokens (HS256)
	Sealing    []byte    `json:"sealing"` // 32 bytes: seals secrets that are stored

	random io.Reader
	clock  storage.Clock
}

const (
	deploymentLength = 22
	secretLength     = 32
	maxKeysFile      = 64 << 10 // bytes
)

// String names the keys without telling them.
func (k Keys) String() string { return "keys of deployment " + k.Deployment }

// GoString keeps them from %#v.
func (k Keys) GoString() string { return k.String() }

// LogValue keeps them out of the log.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Issuer is the iss of the tokens that these keys sign.
func (k Keys) Issuer() string { return "cameo:" + k.Deployment }

// NewKeys draws keys from random, which is crypto/rand's Reader outside of tests.
func NewKeys(random io.Reader, clock storage.Clock) (Keys, error) {
	deployment, err := storage.DrawBase62(random, deploymentLength)
	if err != nil {
		return Keys{}, err
	}
	secrets := make([]byte, 2*secretLength)
	if _, err := io.ReadFull(random, secrets); err != nil {
		return Keys{}, fault.Wrap(err, fault.Internal, "no randomness")
	}
	return Keys{
		Deployment: deployment, Created: clock().Time(),
		Signing: secrets[:secretLength:secretLength], Sealing: secrets[secretLength:],
		random: random, clock: clock,
	}, nil
}

// LoadOrCreateKeys reads the keys file at path, or makes one when there is none. Processes that start
// together agree on one file. A file that others may read, or that is damaged, is Invalid: it is never
// replaced, since tokens and sealed secrets hang on it.
func LoadOrCreateKeys(path string, random io.Reader, clock storage.Clock) (Keys, error) {
	keys, err := loadKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKeys(path, random, clock); err != nil {
			return Keys{}, err
		}
		keys, err = loadKeys(path) // ours, or those of the process that was quicker
	}
	keys.random, keys.clock = random, clock
	return keys, err
}

// LoadKeys reads the keys file at path and makes none: one that is missing is NotFound.
func LoadKeys(path string, random io.Reader, clock storage.Clock) (Keys, error) {
	keys, err := loadKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.New(fault.NotFound, "there is no keys file (--keys or DATA/keys): "+
			"run cameo migrate --all, which makes it, or copy that of another node")
	}
	keys.random, keys.clock = random, clock
	return keys, err
}

// whole says whether nothing is missing.
func (k Keys) whole() bool {
	return len(k.Deployment) == deploymentLength && storage.IsBase62(k.Deployment) &&
		len(k.Signing) == secretLength && len(k.Sealing) == secretLength
}

func loadKeys(path string) (Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return Keys{}, unreadable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return Keys{}, unreadable(err)
	case !info.Mode().IsRegular():
		return Keys{}, fault.New(fault.Invalid, "the keys file (--keys or DATA/keys) is not a file")
	case info.Mode().Perm()&0o077 != 0:
		return Keys{}, fault.New(fault.Invalid,
			"others may read or change the keys file (--keys or DATA/keys): set its mode to 0600 with chmod")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeysFile+1))
	if err != nil {
		return Keys{}, unreadable(err)
	}
	var keys Keys
	err = json.Unmarshal(text, &keys)
	if err != nil || len(text) > maxKeysFile || !keys.whole() {
		// Neither err nor the text goes along: both could show a secret.
		return Keys{}, fault.New(fault.Invalid,
			"the keys file (--keys or DATA/keys) is damaged: put its backup back (docs/configuration.md: The keys)")
	}
	return keys, nil
}

// createKeys makes the file whole or not at all. Order: bytes, their sync, the name, the folder's sync. Link
// refuses a name that is taken, so the first of several processes wins.
func createKeys(path string, random io.Reader, clock storage.Clock) error {
	keys, err := NewKeys(random, clock)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return unwritable(err)
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return unwritable(err)
	}
	f, err := os.CreateTemp(folder, ".keys-*") // mode 0600
	if err != nil {
		return unwritable(err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return unwritable(err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return unwritable(err)
	}
	return syncFolder(folder)
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unwritable(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return unwritable(err)
	}
	return nil
}

func unreadable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable,
		"the keys file cannot be read: see that --keys, or DATA/keys, belongs to the user that runs cameo")
}

func unwritable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable,
		"the keys file cannot be written: see that the folder of --keys, or of DATA/keys, can be written to")
}
