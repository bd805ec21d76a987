// Package disk keeps blobs as files below one directory, each of them written once and never changed.
//
// # Layout
//
// The blob "id/leaf" is the file DIR/<first two characters of id>/<id>.<leaf>:
//
//	DIR/4f/4fGh1Jk2Lm.1-0     run 0 of the writer with epoch 1 of the upload 4fGh1Jk2Lm
//	DIR/4f/4fGh1Jk2Lm.2-0     its next writer's first run
//	DIR/.probe                there only while Check runs
//
// A new blob is one new file in a folder that, as a rule, exists: it costs one fsync of one directory.
// There are at most 62 × 62 = 3,844 folders, and the files of a folder in byte order are its blobs in byte
// order ('.' sorts before all characters of an id, as '/' does), so that a listing reads one folder at a
// time and sorts nothing larger.
//
// Ids differ in case alone now and then. On a file system that ignores case such a blob is not overwritten:
// files are opened with O_EXCL, so the second one is refused as Exists.
//
// # Order of a write
//
//  1. openat O_CREAT|O_EXCL, mode 0600
//  2. pwrite, page by page
//  3. fdatasync of the file
//  4. at the first Sync: fsync of its folder, and of DIR unless the folder's own entry is known to be durable
//  5. return: only now may anybody be told
//
// What fails is never tried again and then acknowledged, because a kernel that could not write a page may
// forget that it is dirty and call the next fsync a success. A run that met an error refuses everything but
// Close. A directory whose fsync failed is not trusted until the next start: runs in it are refused, and
// Check says so.
//
// # Delete
//
// Delete does not sync the folder. A file that comes back after a power cut has a name that no row mentions
// and that no writer uses again: it costs room, which scrub reports, and can never be taken for somebody's
// bytes.
package disk
