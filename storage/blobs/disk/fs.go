package disk

// FS is the little of a file system that the store needs. It is a seam for tests: powertest puts a file
// system behind it that forgets what was not synced. Errors are those of package os. All methods may be
// called from many goroutines.
type FS interface {
	// OpenFile opens a file with the flags of package os; a file it creates has mode 0600.
	OpenFile(path string, flag int) (File, error)
	// Mkdir makes one directory with mode 0700; one that is there is fs.ErrExist.
	Mkdir(path string) error
	// Remove removes a file; one that is not there is fs.ErrNotExist.
	Remove(path string) error
	// ReadDir returns the names in a directory, in any order.
	ReadDir(path string) ([]string, error)
	// SyncDir makes the names in a directory durable: those that came and those that went.
	SyncDir(path string) error
	// Free tells the bytes that may still be written to the disk of a directory; errors.ErrUnsupported: nobody
	// knows.
	Free(path string) (int64, error)
}

// File is an open file, used by one goroutine at a time, except for ReadAt.
type File interface {
	// ReadAt is io.ReaderAt's.
	ReadAt(p []byte, off int64) (int, error)
	// WriteAt is io.WriterAt's.
	WriteAt(p []byte, off int64) (int, error)
	// Datasync makes the bytes and the size durable; the file's name is its directory's affair.
	Datasync() error
	// Size is the file's length in bytes.
	Size() (int64, error)
	// Truncate cuts the file to a length.
	Truncate(n int64) error
	// Close is io.Closer's.
	Close() error
}
