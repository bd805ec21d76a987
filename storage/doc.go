// Package storage keeps the bytes of uploads and knows how far each has come. It knows no people and no HTTP.
//
// An upload is an ordered list of extents. Each extent is a run of bytes in a blob that one writer wrote
// once, or a small run kept inline in the database. Nothing is ever overwritten, appended to by another, or
// listed to find out what is there: the rows say it. Blobs is where the runs lie, Ledger is where the rows
// stand, Engine makes uploads of both.
//
// Writers are fenced by epochs, not locked. A write claims the upload (epoch+1) at the offset it continues,
// writes to names that carry its epoch, and commits only if epoch and offset are still its own.
//
// The order of every write is: claim, bytes, sync, commit, answer. A crash between any two loses nothing that
// was answered, and leaves at most a run that no row mentions, which the sweep deletes.
package storage
