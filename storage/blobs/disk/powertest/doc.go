// Package powertest is a file system in memory that keeps what was written apart from what was synced, so
// that a test can cut the power: Crash returns the file system as the next start would find it.
//
// What a cut does here is the worst that POSIX allows, and that disks were seen to do:
//   - bytes since the last Datasync are there, gone, or torn, sector by sector; the size may have grown over
//     zeros
//   - a name is lost, and a removed one comes back, when its directory was not synced since; so is a whole
//     folder
//   - after a Datasync or SyncDir that failed, what it should have written stays readable, is called clean,
//     and is lost, although later ones succeed
package powertest
