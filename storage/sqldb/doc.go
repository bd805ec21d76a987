// Package sqldb is the database: SQLite in a file, or PostgreSQL. Every statement is written once, in the SQL
// that means the same on both: $1 placeholders, times as BIGINT milliseconds that are passed in, no vendor's
// functions, no booleans, ON CONFLICT DO NOTHING and a row count instead of error codes. The text of a
// statement is a constant; only values are arguments.
//
// A transaction travels in the context: what runs under the context that Do hands out, in whatever package,
// is part of it. A write never ends because its caller went away. It has a time limit of its own, so that a
// cut client cannot leave behind a statement of which nobody knows whether it happened.
//
// Errors are faults: Full when the disk has no room, Unavailable when the database does not answer or is
// busy, else Internal. Their messages hold no SQL and no path.
package sqldb
