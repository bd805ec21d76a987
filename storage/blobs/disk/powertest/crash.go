package powertest

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
)

// Crash returns what the next start finds after the power was cut now: another FS, without faults or
// limits. Everything that was not synced meets its fate by the seed. The FS itself goes on.
func (f *FS) Crash(seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := &FS{dirs: map[string]*dir{}, plan: unlimited(), count: map[Op]int{}}
	f.recover(next, "/", rand.New(rand.NewPCG(seed, 0)))
	return next
}

// recover brings a directory over, and below it what its surviving names mention.
func (f *FS) recover(next *FS, path string, fate *rand.Rand) {
	from, to := f.dirs[path], newDir()
	next.dirs[path] = to
	survivors := &dir{seen: from.seen, durable: maps.Clone(from.durable)}
	for _, name := range slices.Sorted(maps.Keys(from.pending)) {
		if fate.IntN(2) == 0 {
			survivors.write(name) // written back on its own in time
		}
	}
	for _, name := range slices.Sorted(maps.Keys(survivors.durable)) {
		n := survivors.durable[name]
		if n.folder {
			f.recover(next, filepath.Join(path, name), fate)
		} else {
			n = n.crash(fate)
		}
		to.seen[name], to.durable[name] = n, n
	}
}

// crash is the file after the cut: a size between the durable one and the one seen, and each sector that
// was not synced either new, or what the disk held before, which is zeros where there was nothing.
func (n *inode) crash(fate *rand.Rand) *inode {
	size := len(n.durable)
	if grown := len(n.seen) - size; grown > 0 {
		size += [...]int{0, fate.IntN(grown + 1), grown}[fate.IntN(3)]
	}
	left := make([]byte, size)
	copy(left, n.durable)
	chance := [...]int{0, 50, 100}[fate.IntN(3)] // all zeros, torn, all there
	for _, s := range slices.Sorted(maps.Keys(n.dirty)) {
		if s*sector < size && fate.IntN(100) < chance {
			copy(left[s*sector:], n.seen[s*sector:min((s+1)*sector, len(n.seen))])
		}
	}
	after := newFile()
	after.seen, after.durable = left, slices.Clone(left)
	return after
}
