package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Mark gives the store a deployment's id unless it has one, and returns the id that it has then.
func (s *Store) Mark(ctx context.Context, id string) (stands string, err error) {
	if err := ended(ctx); err != nil {
		return "", err
	}
	if stands, err = s.Marked(ctx); err != nil || stands != "" {
		return stands, err
	}
	if err := s.makeMark(s.markFile(), id); err != nil {
		return "", failure(err)
	}
	return s.Marked(ctx)
}

// Marked returns the id that the store has, "" when it has none.
func (s *Store) Marked(ctx context.Context) (string, error) {
	if err := ended(ctx); err != nil {
		return "", err
	}
	got, err := os.ReadFile(s.markFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", failure(err)
	}
	return string(got), nil
}

func (s *Store) markFile() string { return filepath.Join(s.dir, "deployment") }

// makeMark makes the file whole or not at all. Order: bytes, their sync, the name, the directory's sync. Link
// refuses a name that is taken, so of two processes the first one's mark stands.
func (s *Store) makeMark(name, id string) error {
	f, err := os.CreateTemp(s.dir, ".deployment-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(id)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), name)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(f.Name()), s.syncDir(&s.root))
}
