package disk

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"cameo/storage"
)

// Delete removes files. It goes on after an error, and returns the first.
func (s *Store) Delete(ctx context.Context, names ...storage.Name) error {
	var first error
	for _, name := range names {
		err := ended(ctx)
		if err == nil {
			err = s.remove(name)
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func (s *Store) remove(name storage.Name) error {
	_, path, err := s.locate(name)
	if err != nil {
		return err
	}
	if err := s.fs.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure(err)
	}
	return nil
}

// List goes from folder to folder, and holds the names of one at a time beside those it returns. Files of
// other forms are passed over.
func (s *Store) List(ctx context.Context, under, after storage.Name, n int) ([]storage.Name, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	folders, err := s.foldersUnder(string(under))
	if err != nil {
		return nil, err
	}
	var found []storage.Name
	for _, folder := range folders {
		if len(found) >= n {
			break
		}
		if err := ended(ctx); err != nil {
			return nil, err
		}
		if len(after) >= 2 && folder < string(after[:2]) {
			continue
		}
		names, err := s.namesIn(folder, under, after)
		if err != nil {
			return nil, err
		}
		found = append(found, names[:min(len(names), n-len(found))]...)
	}
	return found, nil
}

// foldersUnder returns in byte order the folders that may hold names with a prefix. A longer prefix names
// its only one.
func (s *Store) foldersUnder(prefix string) ([]string, error) {
	if len(prefix) >= 2 {
		if isFolder(prefix[:2]) {
			return []string{prefix[:2]}, nil
		}
		return nil, nil // no name begins so
	}
	names, err := s.fs.ReadDir(s.dir)
	if err != nil {
		return nil, failure(err)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return !isFolder(name) || !strings.HasPrefix(name, prefix)
	})
	slices.Sort(names)
	return names, nil
}

// namesIn returns in byte order the blobs of a folder that begin with under and stand after a name.
func (s *Store) namesIn(folder string, under, after storage.Name) ([]storage.Name, error) {
	files, err := s.fs.ReadDir(s.folder(folder).path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failure(err)
	}
	var names []storage.Name
	for _, file := range files {
		name, ok := blobOf(folder, file)
		if ok && name > after && strings.HasPrefix(string(name), string(under)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// blobOf is locate's inverse.
func blobOf(folder, file string) (storage.Name, bool) {
	name := storage.Name(strings.Replace(file, ".", "/", 1))
	id, _, err := name.Split()
	return name, err == nil && id[:2] == folder
}
