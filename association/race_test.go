package association_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/sqldb"
	"cameo/storage/sqldb/sqltest"
)

// R27: uploads are finished, cancelled and swept while they are made photos of, and the photos cropped anew, removed
// and withdrawn while they are rendered by two workers. In each of 500 seeds all that was answered, and what is there
// afterwards, is explained by some order in which one thing happened after the other; and when all has expired and was
// swept, nothing is left.
func TestR27WhateverHappensAtOnce(t *testing.T) {
	t.Parallel()
	seeds := 500
	if testing.Short() {
		seeds = 40
	}
	const lanes = 4 // a seed waits for the disk much of the time
	for lane := range lanes {
		t.Run(fmt.Sprintf("sqlite %d", lane), func(t *testing.T) {
			t.Parallel()
			raceAll(t, sqltest.SQLite(t), seeds*lane/lanes, seeds*(lane+1)/lanes)
		})
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		raceAll(t, sqltest.Postgres(t), seeds, seeds*11/10)
	})
}

func raceAll(t *testing.T, db *sqldb.DB, from, to int) {
	t.Helper()
	h := build(t, db, nil)
	picture := photo(t, 20, 20)
	for seed := from; seed < to && !t.Failed(); seed++ {
		r := &race{house: h, t: t, seed: seed, chance: rand.New(rand.NewPCG(uint64(seed), 27)), picture: picture}
		r.run()
		if seed%5 == 4 || seed == to-1 {
			r.wantNothingLeft()
		}
	}
}

// race is one seed.
type race struct {
	*house
	t       *testing.T
	seed    int
	chance  *rand.Rand
	picture []byte
	uploads [2]storage.ID
	people  [2]association.GUID

	late     atomic.Bool // everything has expired that can
	tick     atomic.Int64
	mu       sync.Mutex
	history  []act
	model    model
	versions []association.Version // by number
}

func (r *race) run() {
	r.model.photos, r.versions = []asked{{person: -1}}, []association.Version{""}
	for i := range 2 {
		r.people[i] = association.GUID(fmt.Sprintf("00000000-0000-0000-0000-%06d%06d", r.seed, i))
		must(r.t, r.house.people.Ensure(r.t.Context(), here, r.people[i]))
		u := r.begin(r.t, here, root, "image/jpeg", len(r.picture))
		r.uploads[i] = u.ID
		_, err := r.engine.Append(r.t.Context(), r.part(i, 0, len(r.picture)/2))
		must(r.t, err)
	}
	if r.chance.IntN(2) == 0 { // a photo is shown when it begins
		r.do(act{deed: finishing, asked: asked{upload: 0}})
		r.do(act{deed: associating, asked: asked{person: 0, upload: 0}})
		r.work()
	}
	r.meet()
	seen := r.look()
	if !r.model.explains(r.history, func(w world) bool { return alike(w, seen) }) {
		r.t.Errorf("seed %d: no order explains what was answered and seen: %+v\n%s", r.seed, seen, r.story())
	}
	r.wantHolds()
	r.wantNewestShown()
	for _, person := range r.people {
		must(r.t, r.service.Remove(r.t.Context(), administrator(), here, person))
	}
}

// part is the bytes [from, to) of an upload as a write.
func (r *race) part(upload, from, to int) storage.Write {
	return storage.Write{
		ID: r.uploads[upload], At: int64(from), Len: int64(to - from), Total: int64(len(r.picture)),
		Body: body{bytes.NewReader(r.picture[from:to])},
	}
}

// meet lets three hands do three things each, while two workers work.
func (r *race) meet() {
	hands := make([][]act, 3)
	for n := range 9 {
		hands[n%3] = append(hands[n%3], r.draw())
	}
	unfinished := []int{1}
	if len(r.history) == 0 {
		unfinished = []int{0, 1}
	}
	for _, u := range unfinished {
		h := r.chance.IntN(3)
		hands[h] = slices.Insert(hands[h], r.chance.IntN(len(hands[h])), act{deed: finishing, asked: asked{upload: u}})
	}
	if r.chance.IntN(3) == 0 {
		h := r.chance.IntN(3)
		hands[h] = slices.Insert(hands[h], r.chance.IntN(len(hands[h])), act{deed: sweeping, photo: 1}) // a late one
	}
	var all, workers sync.WaitGroup
	ctx, end := context.WithCancel(r.t.Context())
	for range 2 {
		workers.Go(func() {
			for ctx.Err() == nil {
				r.work()
				time.Sleep(3 * time.Millisecond)
			}
		})
	}
	for _, acts := range hands {
		pauses := []time.Duration{}
		for range acts {
			pauses = append(pauses, time.Duration(r.chance.IntN(3))*time.Millisecond)
		}
		all.Go(func() {
			for i, a := range acts {
				time.Sleep(pauses[i])
				r.do(a)
			}
		})
	}
	all.Wait()
	end()
	workers.Wait()
}

// draw is something to do.
func (r *race) draw() act {
	deeds := [...]deed{
		associating, associating, associating, associating, recropping, recropping, removing, withdrawing, cancelling,
		sweeping, looking,
	}
	return act{deed: deeds[r.chance.IntN(len(deeds))], asked: asked{
		person: r.chance.IntN(2), upload: r.chance.IntN(2), crop: r.chance.IntN(3) == 0,
	}}
}

func (r *race) work() {
	if _, err := r.worker.Step(context.WithoutCancel(r.t.Context())); err != nil {
		r.t.Errorf("seed %d: a worker: %v", r.seed, err)
	}
}

// do does it, and notes what came of it.
func (r *race) do(a act) {
	a.began = r.tick.Add(1)
	p, err := r.perform(a)
	a.ended, a.err, a.late = r.tick.Add(1), fault.Of(err), r.late.Load()
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Version != "" {
		a.upload = slices.Index(r.uploads[:], p.ID())
		a.crop = p.Crop != imaging.Crop{}
		a.photo = r.number(p.Version, a.asked)
	}
	add := func(d deed, part asked) {
		a.deed, a.asked = d, part
		r.history = append(r.history, a)
	}
	switch a.deed {
	case withdrawing:
		if a.err == fault.NotFound { // purged
			return
		}
		add(leaving, asked{person: 0, upload: a.upload})
		add(leaving, asked{person: 1, upload: a.upload})
		add(clearing, asked{upload: a.upload})
	case sweeping:
		add(expiring, asked{upload: 0})
		add(expiring, asked{upload: 1})
	default:
		r.history = append(r.history, a)
	}
	switch {
	case a.err == fault.NotFound, a.err == 0:
	case a.deed == finishing, a.deed == cancelling, a.deed == associating:
	default:
		r.t.Errorf("seed %d: %s: %v", r.seed, a.deed, err)
	}
}

func (r *race) perform(a act) (p association.Photo, err error) {
	ctx, by, id, person := r.t.Context(), administrator(), r.uploads[a.upload], r.people[a.person]
	crop := imaging.Crop{}
	if a.crop {
		crop.Size = 18
	}
	switch a.deed {
	case finishing:
		_, err = r.engine.Append(ctx, r.part(a.upload, len(r.picture)/2, len(r.picture)))
	case cancelling:
		err = r.engine.Cancel(ctx, id)
	case associating:
		return r.service.AssociateCropped(ctx, by, id, person, crop)
	case recropping:
		return r.service.Recrop(ctx, by, here, person, crop)
	case removing:
		err = r.service.Remove(ctx, by, here, person)
	case withdrawing:
		err = r.service.Withdraw(ctx, by, id)
	case looking:
		return r.service.Current(ctx, here, person)
	case sweeping:
		if a.photo == 1 {
			r.late.Store(true)
			r.pass(8 * 24 * time.Hour)
		}
		err = r.sweep()
	}
	return association.Photo{}, err
}

func (r *race) sweep() error {
	if _, err := r.service.Sweep(r.t.Context()); err != nil {
		return err
	}
	_, err := r.engine.Sweep(r.t.Context())
	return err
}

// number is the model's for a version; a new one when it is met for the first time.
func (r *race) number(v association.Version, a asked) int {
	if n := slices.Index(r.versions, v); n >= 0 {
		return n
	}
	r.versions, r.model.photos = append(r.versions, v), append(r.model.photos, a)
	return len(r.versions) - 1
}

// look reads the world as it is, when nobody does anything, and adds to the history what workers have done.
func (r *race) look() (seen world) {
	for n, v := range r.versions[1:] {
		p, err := r.service.Version(r.t.Context(), here, v)
		switch {
		case fault.Is(err, fault.NotFound):
			seen.photos[n+1] = forgotten
		case err != nil:
			r.t.Fatal(err)
		default:
			seen.photos[n+1] = p.State
		}
		a := act{deed: displaying, asked: r.model.photos[n+1], photo: n + 1, ended: always}
		switch seen.photos[n+1] {
		case forgotten:
			a.err = fault.Gone
		case association.Ready, association.Removed:
		default:
			continue
		}
		r.history = append(r.history, a)
	}
	for i := range 2 {
		p, err := r.house.people.Person(r.t.Context(), here, r.people[i])
		must(r.t, err)
		seen.people[i] = pointers{slices.Index(r.versions, p.Current), slices.Index(r.versions, p.Newest)}
		u, err := r.engine.Find(r.t.Context(), r.uploads[i])
		seen.uploads[i] = fateOf(u, err)
	}
	return seen
}

// wantHolds wants the uploads to be held by exactly the photos that use them.
func (r *race) wantHolds() {
	const use = `SELECT version FROM photos WHERE state = 1 OR state = 2 AND version IN (SELECT current FROM people)`
	for what, query := range map[string]string{
		"holds without a use": `SELECT COUNT(*) FROM holds WHERE holder NOT IN (` + use + `)`,
		"uses without a hold": `SELECT COUNT(*) FROM photos WHERE version IN (` + use + `)
			AND NOT EXISTS (SELECT 1 FROM holds WHERE key = upload AND holder = version)`,
	} {
		if n := r.count(r.t, query); n != 0 {
			r.t.Errorf("seed %d: %d %s\n%s", r.seed, n, what, r.story())
		}
	}
}

// wantNewestShown lets the workers do the rest: then everybody's newest photo is shown, of an upload that is there.
func (r *race) wantNewestShown() {
	r.pass(5 * time.Minute) // a lease that was lost
	for range 4 {
		r.work()
	}
	for _, person := range r.people {
		p, err := r.house.people.Person(r.t.Context(), here, person)
		must(r.t, err)
		if p.Current != p.Newest {
			r.t.Errorf("seed %d: %s is shown, want the newest, %s\n%s", r.seed, p.Current, p.Newest, r.story())
		}
		if p.Current == "" {
			continue
		}
		shown, err := r.service.Picture(r.t.Context(), here, person, association.Want{Pixels: 64})
		must(r.t, err)
		_, err = r.service.ReadRendition(r.t.Context(), shown.Rendition)
		must(r.t, err)
		if u, err := r.engine.Find(r.t.Context(), shown.Photo.ID()); err != nil || u.State != storage.Complete {
			r.t.Errorf("seed %d: the photo's upload is %v (%v)\n%s", r.seed, u.State, err, r.story())
		}
	}
}

// wantNothingLeft is invariant I5, of this seed and some before it, when all their photos have been removed.
func (r *race) wantNothingLeft() {
	for range 3 { // retention, tombstones, second looks
		r.pass(8 * 24 * time.Hour)
		must(r.t, r.sweep())
	}
	for _, table := range []string{"uploads", "extents", "holds", "trash", "photos", "renditions"} {
		if n := r.count(r.t, `SELECT COUNT(*) FROM `+table); n != 0 {
			r.t.Errorf("seed %d or shortly before it: %d rows of %s are left", r.seed, n, table)
		}
	}
	names, err := r.blobs.List(r.t.Context(), "", "", 10)
	must(r.t, err)
	if len(names) > 0 {
		r.t.Errorf("seed %d or shortly before it: blobs are left: %q", r.seed, names)
	}
}

// story is the history in lines, in order of beginning.
func (r *race) story() string {
	slices.SortFunc(r.history, func(a, b act) int { return int(a.began - b.began) })
	var b bytes.Buffer
	for _, a := range r.history {
		fmt.Fprintf(&b, "%3d-%3d %s %+v: photo %d, %v\n", a.began, a.ended, a.deed, a.asked, a.photo, a.err)
	}
	return b.String()
}
