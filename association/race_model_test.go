package association_test

import (
	"math"

	"cameo/association"
	"cameo/storage"
	"cameo/storage/fault"
)

// A model of two people, two uploads and the photos that are made of them, all of them numbers; photo 0 is none. It is
// compared as a whole, so it holds no pointers.
type world struct {
	uploads [2]fate
	people  [2]pointers
	photos  [mostPhotos]association.PhotoState // 0 is one that nobody has asked for yet
}

// pointers are the photos that a person's row names.
type pointers struct{ current, newest int }

type fate int

const (
	active fate = iota
	whole
	over // cancelled, expired or purged
)

const (
	mostPhotos = 16
	forgotten  = association.PhotoState(-1) // its row is gone, whatever it was
)

// asked is what never changes of a photo.
type asked struct {
	person, upload int
	crop           bool // it shows another square than the centre one
}

// deed is a kind of act.
type deed string

const (
	finishing   deed = "finish"
	cancelling  deed = "cancel"
	associating deed = "associate"
	recropping  deed = "recrop"
	removing    deed = "remove"
	withdrawing deed = "withdraw"
	sweeping    deed = "sweep"
	looking     deed = "look"
	// Parts of withdrawing and sweeping, which are no single step, and what workers do.
	leaving    deed = "withdraw from a person"
	clearing   deed = "withdraw what was replaced"
	expiring   deed = "sweep an upload"
	displaying deed = "show"
)

// act is something that was done, and how it ended. Its moment lies between two ticks of one clock.
type act struct {
	deed
	asked
	photo        int // that it was answered with, or that is shown
	err          fault.Kind
	late         bool // by its end, the time of what was unfinished was up
	began, ended int64
}

// always is the end of what may still happen when all else has ended.
const always = math.MaxInt64

// model knows what was asked of each photo, by number.
type model struct{ photos []asked }

// explains says whether there is an order of all acts that leads to a world that is as wanted. An act comes after all
// that had ended when it began.
func (m *model) explains(history []act, wanted func(world) bool) bool {
	type stand struct {
		done uint64
		w    world
	}
	tried := map[stand]bool{}
	var from func(at stand) bool
	from = func(at stand) bool {
		if tried[at] {
			return false
		}
		tried[at] = true
		first, left := int64(always), false
		for i, a := range history {
			if at.done&(1<<i) == 0 {
				first, left = min(first, a.ended), true
			}
		}
		for i, a := range history {
			if at.done&(1<<i) != 0 || a.began > first {
				continue
			}
			for _, w := range m.after(a, at.w) {
				if from(stand{at.done | 1<<i, w}) {
					return true
				}
			}
		}
		return !left && wanted(at.w)
	}
	return from(stand{})
}

// after is what may have become of w by the act; none if it cannot have ended as it did.
func (m *model) after(a act, w world) []world {
	possible := true
	switch a.deed {
	case finishing:
		possible = m.finish(a, &w)
	case cancelling:
		possible = m.cancel(a, &w)
	case associating, recropping:
		possible = m.ask(a, &w)
	case looking:
		possible = w.people[a.person].current == a.photo
	case removing:
		m.supersede(&w, a.person)
		w.people[a.person] = pointers{}
		m.remove(&w, func(p asked) bool { return p.person == a.person })
	case leaving:
		m.leave(a, &w)
	case clearing:
		m.remove(&w, func(p asked) bool { return p.upload == a.upload })
	case expiring:
		return m.sweep(a, w)
	case displaying:
		return m.show(a, w)
	}
	if !possible {
		return nil
	}
	return []world{w}
}

// finish brings an upload's last bytes. If its time is up before they are committed, it may look dead until then.
func (m *model) finish(a act, w *world) bool {
	was := w.uploads[a.upload]
	if a.err != 0 {
		return was == over
	}
	w.uploads[a.upload] = whole
	return was == active || was == over && a.late
}

// cancel gives an upload up that nobody's photo uses. One that lost against another writer changes nothing.
func (m *model) cancel(a act, w *world) bool {
	switch a.err {
	case 0:
		w.uploads[a.upload] = over // of two at once both are told that it is done
		return !m.held(*w, a.upload)
	case fault.Conflict:
		return m.held(*w, a.upload)
	case fault.Gone, fault.NotFound:
		return w.uploads[a.upload] == over
	}
	return a.err == fault.Superseded
}

// ask is associate and recrop.
func (m *model) ask(a act, w *world) bool {
	p := &w.people[a.person]
	switch {
	case a.deed == recropping && a.err != 0:
		return a.err == fault.NotFound && p.current == 0
	case a.deed == recropping && (p.current == 0 || m.photos[p.current].upload != a.upload):
		return false
	case a.err != 0:
		return w.uploads[a.upload] != whole
	case w.uploads[a.upload] != whole:
		return false
	}
	for _, n := range []int{p.newest, p.current} {
		if n == 0 || m.photos[n] != a.asked || w.photos[n] != association.Pending && n != p.current {
			continue
		}
		if n != p.newest {
			m.supersede(w, a.person)
			p.newest = n
		}
		return a.photo == n
	}
	if w.photos[a.photo] != 0 {
		return false
	}
	m.supersede(w, a.person)
	w.photos[a.photo], p.newest = association.Pending, a.photo
	return true
}

// leave withdraws an upload from one person.
func (m *model) leave(a act, w *world) {
	p := &w.people[a.person]
	made := func(n int) bool { return n != 0 && m.photos[n].upload == a.upload }
	if made(p.newest) {
		m.supersede(w, a.person)
		p.newest = p.current
	}
	if made(p.current) {
		if p.newest == p.current {
			p.newest = 0
		}
		p.current = 0
	}
}

// sweep may have looked at an upload before or after it became due.
func (m *model) sweep(a act, w world) []world {
	swept := w
	if w.uploads[a.upload] == over || m.held(w, a.upload) {
		return []world{w}
	}
	swept.uploads[a.upload] = over
	return []world{w, swept}
}

// show makes a pending photo the current one. Of one that was forgotten nobody can tell whether it was shown.
func (m *model) show(a act, w world) []world {
	var all []world
	if a.err == fault.Gone {
		all = append(all, w)
	}
	if w.photos[a.photo] == association.Pending {
		w.photos[a.photo] = association.Ready
		w.people[a.person].current = a.photo
		all = append(all, w)
	}
	return all
}

func (m *model) supersede(w *world, person int) {
	for n, p := range m.photos {
		if p.person == person && w.photos[n] == association.Pending {
			w.photos[n] = association.Superseded
		}
	}
}

// remove ends photos that are nobody's current one.
func (m *model) remove(w *world, which func(asked) bool) {
	for n, p := range m.photos {
		if w.photos[n] == association.Ready && which(p) && w.people[p.person].current != n {
			w.photos[n] = association.Removed
		}
	}
}

// held says whether a photo that is pending or current uses the upload.
func (m *model) held(w world, upload int) bool {
	for n, p := range m.photos {
		used := w.photos[n] == association.Pending || w.photos[n] == association.Ready && w.people[p.person].current == n
		if used && p.upload == upload {
			return true
		}
	}
	return false
}

// alike compares a world with what was seen of the real one.
func alike(w, seen world) bool {
	for n, s := range seen.photos {
		if s == forgotten {
			w.photos[n] = forgotten
		}
	}
	return w == seen
}

// fateOf is what the model keeps of an upload's state.
func fateOf(u storage.Upload, err error) fate {
	switch {
	case err != nil:
		return over
	case u.State == storage.Complete:
		return whole
	}
	return active
}
