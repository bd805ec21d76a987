package association

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
)

// How long a square that was asked for may take, waiting included, and how long it may wait for a slot: a
// page shows many people at once, and the first who looks at it must not see half of them.
const (
	demandTime = 20 * time.Second
	slotTime   = 8 * time.Second
)

// Maker makes squares of current photos in sizes that are not made of every photo, when they are asked for.
// It works in the memory of a Worker, beside it.
type Maker struct {
	worker *Worker
	slots  *semaphore.Weighted
	queue  *semaphore.Weighted // who wait for a slot, or have one
	making singleflight.Group
}

// NewMaker returns a Maker with half as many slots as the worker has, one at least: photos that are new go
// first.
func NewMaker(w *Worker) *Maker {
	slots := int64(max(w.Limits.Slots/2, 1))
	return &Maker{
		worker: w, slots: semaphore.NewWeighted(slots),
		queue: semaphore.NewWeighted(slots + int64(w.Limits.Queue)),
	}
}

// Make returns the photo with a square of so many pixels, which is made unless there is one. Many who ask at
// once wait for one making. When too many wait for a slot, that is Unavailable; a photo that is not its
// person's current one, and has no such square, is NotFound.
func (m *Maker) Make(ctx context.Context, p Photo, pixels int) (Photo, error) {
	// Whoever asked first may go away while others wait.
	alone := context.WithoutCancel(ctx)
	done := m.making.DoChan(fmt.Sprintf("%s/%d", p.Version, pixels), func() (any, error) {
		timed, cancel := context.WithTimeout(alone, demandTime)
		defer cancel()
		return m.make(timed, p, pixels)
	})
	select {
	case got := <-done:
		made, _ := got.Val.(Photo)
		return made, got.Err
	case <-ctx.Done():
		return Photo{}, ctx.Err()
	}
}

// make works in this order: the blob's name into the trash, the blob, then one transaction that adds its rows
// and takes the name out of the trash. A crash, or a node that was quicker, leaves a blob that is swept.
func (m *Maker) make(ctx context.Context, p Photo, pixels int) (Photo, error) {
	w := m.worker
	p, err := w.Album.Find(ctx, p.Community, p.Version)
	if err != nil || p.has(pixels) {
		return p, err
	}
	if p.State != Ready || p.Due != 0 {
		return Photo{}, NoPhoto()
	}
	free, err := m.slot(ctx)
	if err != nil {
		return Photo{}, err
	}
	defer free()
	u, err := w.Originals.Find(ctx, p.ID())
	if err != nil {
		return Photo{}, err
	}
	file, err := w.read(ctx, u)
	if err != nil {
		return Photo{}, err
	}
	made, err := w.renderer.Render(ctx, file, imaging.Request{Crop: p.Crop, Specs: imaging.PlanSquare(pixels)})
	if err != nil {
		return Photo{}, err
	}
	draw, err := storage.DrawBase62(w.Random, 8)
	if err != nil {
		return Photo{}, err
	}
	name := storage.Name(fmt.Sprintf("%s/%d-s%d-%s", p.Version, Recipe, pixels, draw))
	if err := w.Trash.Discard(ctx, w.Clock().Add(strayDelay), name); err != nil {
		return Photo{}, err
	}
	more, err := w.storeAs(ctx, name, made.Renditions)
	if err != nil {
		return Photo{}, err
	}
	return m.add(ctx, p, name, more)
}

// slot waits for its turn, for a while. The function gives it back.
func (m *Maker) slot(ctx context.Context) (free func(), err error) {
	busy := fault.New(fault.Unavailable, "too many pictures are being prepared")
	if !m.queue.TryAcquire(1) {
		return nil, busy
	}
	ctx, cancel := context.WithTimeout(ctx, slotTime)
	defer cancel()
	if err := m.slots.Acquire(ctx, 1); err != nil {
		m.queue.Release(1)
		return nil, fault.Wrap(err, fault.Unavailable, "%s", busy.Message)
	}
	return func() {
		m.slots.Release(1)
		m.queue.Release(1)
	}, nil
}

// add adds renditions to a photo that is still current. If somebody was quicker, theirs stay.
func (m *Maker) add(ctx context.Context, p Photo, name storage.Name, more []Rendition) (Photo, error) {
	w := m.worker
	err := w.Tx.Do(ctx, func(ctx context.Context) error {
		// All that ends a photo locks the person first: either it sees these rows, or the photo is current no more.
		person, err := w.Directory.Lock(ctx, p.Community, p.Person)
		if err != nil {
			return err
		}
		if person.Current != p.Version {
			return NoPhoto()
		}
		if err := w.Queue.Attach(ctx, p, more); err != nil {
			return err
		}
		return w.Trash.Forget(ctx, name)
	})
	if err != nil && !fault.Is(err, fault.Exists) {
		return Photo{}, err
	}
	return w.Album.Find(ctx, p.Community, p.Version)
}

// has says whether there is a square that was asked for with so many pixels.
func (p Photo) has(pixels int) bool {
	return slices.ContainsFunc(p.Renditions, func(r Rendition) bool {
		return r.Shape == imaging.Square && r.Pixels == pixels
	})
}

// demand returns p with the wanted square, if it is one of the sizes that are made when they are asked for.
func (s *Service) demand(ctx context.Context, p Photo, w Want) (Photo, error) {
	extra := w.Shape == imaging.Square && slices.Contains(s.Limits.Sizes, w.Pixels)
	if !extra || s.Make == nil || p.has(w.Pixels) || !p.Served(s.Clock()) {
		return p, nil
	}
	made, err := s.Make(ctx, p, w.Pixels)
	if err == nil {
		s.recent.forget() // it has a rendition more now
	}
	return made, err
}
