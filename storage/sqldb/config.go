package sqldb

import (
	"time"

	"cameo/storage/fault"
)

// Config says where the database is. Exactly one of Path and URL is given.
type Config struct {
	Path    string        // SQLite's file; it is made, readable by its owner only, when it is missing
	URL     string        // PostgreSQL's address, postgres://…
	Readers int           // connections beside SQLite's one writer, or all of them on PostgreSQL; 0 is 8
	Read    time.Duration // how long one query may take; 0 is 5 s
	Write   time.Duration // how long one transaction may take with all its tries; 0 is 20 s
	NoSync  bool          // commits are lost in a power cut; for the bench alone: no flag leads here
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	switch {
	case (c.Path == "") == (c.URL == ""):
		return fault.New(fault.Invalid, "the database is either a file or a PostgreSQL address")
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
	if c.Write == 0 {
		c.Write = 20 * time.Second
	}
	return c
}
