package sqldb

import (
	"strings"
	"time"

	"cameo/storage/fault"
)

// Config says where the database is. Exactly one of Path and URL is given.
type Config struct {
	Path    string        // SQLite's file; it is made, readable by its owner only, when it is missing
	Exists  bool          // Path is not made: a file that is missing is NotFound
	URL     string        // PostgreSQL's address, postgres://…; its pool_max_conns goes before Readers
	Readers int           // connections beside SQLite's one writer, or all of them on PostgreSQL; 0 is 8
	Read    time.Duration // how long one query may take; 0 is 5 s
	Write   time.Duration // one transaction, tries and waits included; 0 is 20 s, and 5 s on PostgreSQL
	NoSync  bool          // commits are lost in a power cut; for the bench alone: no flag leads here
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	switch {
	case (c.Path == "") == (c.URL == ""):
		return fault.New(fault.Invalid, "the database is either a file or a PostgreSQL address")
	case c.URL != "" && !strings.HasPrefix(c.URL, "postgres://") && !strings.HasPrefix(c.URL, "postgresql://"):
		return fault.New(fault.Invalid, "the address of the database begins with postgres://")
	case c.Readers < 0 || c.Read < 0 || c.Write < 0:
		return fault.New(fault.Invalid, "a limit of the database is negative")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Readers == 0 {
		c.Readers = 8
	}
	if c.Read == 0 {
		c.Read = 5 * time.Second
	}
	switch {
	case c.Write != 0:
	case c.URL != "":
		c.Write = 5 * time.Second
	default:
		c.Write = 20 * time.Second // all writers stand in one queue
	}
	return c
}
