package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cameo/server/client"
)

// errChanged is the cause of an upload that was given up, since its bytes would be of two files.
var errChanged = errors.New("the file changed while it was sent")

// note remembers which upload was begun for which file, so that put goes on also after the program was
// killed. It lies in a file of its own, named after the identity, and holds no token.
type note struct {
	path    string
	nowhere error // why it cannot be kept
	identity
	Key  client.Key `json:"key"`
	Type string     `json:"type"` // media type that the upload was begun with
}

// identity says which file is meant, and that it has not changed since, and where it goes to.
type identity struct {
	Path      string `json:"path"` // absolute
	Size      int64  `json:"size"`
	Modified  int64  `json:"modified"` // nanoseconds since 1970
	Device    uint64 `json:"device"`
	Inode     uint64 `json:"inode"`
	Server    string `json:"server"`
	Community string `json:"community"`
}

// remember returns the note on an open file, without a Key if there is none. A note that cannot be read is
// none.
func remember(file *os.File, to server) (*note, error) {
	id, err := identify(file, to)
	if err != nil {
		return nil, err
	}
	dir, err := notes()
	if err != nil {
		return &note{identity: id, nowhere: err}, nil
	}
	text, err := json.Marshal(id)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	n := &note{path: filepath.Join(dir, hex.EncodeToString(sum[:16])+".json"), identity: id}
	old := note{}
	if text, err := os.ReadFile(n.path); err == nil && json.Unmarshal(text, &old) == nil && old.identity == id {
		n.Key, n.Type = old.Key, old.Type
	}
	return n, nil
}

func identify(file *os.File, to server) (identity, error) {
	path, err := filepath.Abs(file.Name())
	if err != nil {
		return identity{}, err
	}
	about, err := file.Stat()
	if err != nil {
		return identity{}, err
	}
	id := identity{
		Path: path, Size: about.Size(), Modified: about.ModTime().UnixNano(),
		Server: to.Server, Community: to.Community,
	}
	if sys, ok := about.Sys().(*syscall.Stat_t); ok {
		id.Device, id.Inode = uint64(sys.Dev), uint64(sys.Ino)
	}
	return id, nil
}

// notes is the directory of the notes: $XDG_STATE_HOME/cameo/uploads, by default below ~/.local/state.
func notes() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("nowhere to remember the upload: set XDG_STATE_HOME (%w)", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "cameo", "uploads"), nil
}

// check says whether the file has changed since it was remembered.
func (n *note) check(file *os.File, to server) error {
	switch now, err := identify(file, to); {
	case err != nil:
		return err
	case now != n.identity:
		return errChanged
	}
	return nil
}

// keep gives the note a key and the upload's type, and writes it. When that fails the note is as good as
// none.
func (n *note) keep(key client.Key, contentType string) error {
	if n.Key, n.Type = key, contentType; n.nowhere == nil {
		n.nowhere = n.write()
	}
	return n.nowhere
}

// write writes the note whole or not at all.
func (n *note) write() error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(n.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the upload cannot be remembered: %w", err)
	}
	draft, err := os.CreateTemp(dir, ".draft-*") // mode 0600
	if err != nil {
		return fmt.Errorf("the upload cannot be remembered: %w", err)
	}
	_, err = draft.Write(append(text, '\n'))
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), n.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the upload cannot be remembered: %w", err), os.Remove(draft.Name()))
	}
	return nil
}

// forget removes the note. None is no error.
func (n *note) forget() error {
	if n.Key = ""; n.nowhere != nil {
		return nil
	}
	if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the upload cannot be forgotten: %w", err)
	}
	return nil
}
