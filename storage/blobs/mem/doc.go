// Package mem keeps blobs in memory, for tests. It takes the shape it is given, so that the Engine meets
// both kinds of store without a disk and without S3: with Gather 0 it is a disk, on which pages go through
// at once and a run may be synced many times; with Gather above 0 it is S3, where nothing happens before
// the one Sync that stores the run as a whole.
//
// It is stricter than the real ones: what was not synced cannot be read.
package mem
