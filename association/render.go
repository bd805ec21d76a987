package association

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"

	"cameo/association/imaging"
	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/fault/point"
)

// Worker makes the renditions of pending photos and shows them. Many workers, on many nodes, may share one
// queue.
//
// Order: claim, read, render, store, then one transaction that writes the renditions, makes the photo Ready
// and moves the person's pointer. A crash anywhere leaves the photo pending: when its lease has passed it
// is done again under a new epoch and under new blob names, and whoever comes too late with the old epoch
// writes nothing.
type Worker struct {
	Config
	woken    chan struct{}
	renderer imaging.Renderer // its memory is that of all slots together
	fresh    atomic.Int64     // the community whose turn came last, among photos that were not tried before
	again    atomic.Int64     // and among those that were
}

// NewWorker returns a Worker over its parts. Its Wake is what a Service's Config wants.
func NewWorker(cfg Config) *Worker {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Worker{
		Config: cfg, woken: make(chan struct{}, 1),
		renderer: imaging.Renderer{
			Limits: cfg.Limits.Picture, Memory: imaging.NewMemory(cfg.Limits.Memory), HEIF: cfg.HEIF,
		},
	}
}

// Decoding is how many bytes the pictures take that are decoded now, Limits.Memory at most.
func (w *Worker) Decoding() int64 { return w.renderer.Memory.Taken() }

// Wake tells the Worker that there is work now. It never waits.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// claim takes photos of communities in turn, so that a thousand of one keep no other waiting for longer than
// a slot is busy.
func (w *Worker) claim(ctx context.Context, n int, again bool) ([]Photo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	turn := &w.fresh
	if again {
		turn = &w.again
	}
	now := w.Clock()
	claimed, err := w.Queue.Claim(ctx, Claim{
		Now: now, Until: now.Add(w.Limits.Lease), N: n, Again: again, After: storage.Community(turn.Load()),
	})
	if len(claimed) > 0 {
		turn.Store(int64(claimed[len(claimed)-1].Community))
	}
	return claimed, err
}

// work does one claimed photo. It returns only errors that the log should see: a refused picture is none.
func (w *Worker) work(ctx context.Context, p Photo) error {
	if p.Tries > w.Limits.Tries { // the process died in the last of them
		return w.named(p, w.fail(ctx, p, imaging.RenderFailed))
	}
	err := w.attempt(ctx, p)
	if err == nil {
		return nil
	}
	if fault.Is(err, fault.Superseded) { // a newer photo or claim: this one is no longer ours
		return w.named(p, w.abandon(ctx, p))
	}
	if reason := refused(err); reason != "" {
		w.Log.InfoContext(ctx, "photo refused", "version", p.Version, "reason", reason)
		return w.named(p, w.fail(ctx, p, reason))
	}
	failed := w.postpone(ctx, p, err)
	if fault.Is(failed, fault.Superseded) { // nobody waits for it any more: its upload may have gone
		return nil
	}
	return w.named(p, errors.Join(err, failed))
}

func (w *Worker) named(p Photo, err error) error {
	if err == nil || fault.Is(err, fault.Superseded) {
		return nil
	}
	return fmt.Errorf("photo %s: %w", p.Version, err)
}

// attempt renders within half the lease, so that a slow store ends it before anybody else claims the photo.
// A decoder does not stop; if it takes longer, the epoch refuses what comes of it.
func (w *Worker) attempt(ctx context.Context, p Photo) error {
	timed, cancel := context.WithTimeout(ctx, w.Limits.Lease/2)
	defer cancel()
	p, err := w.render(timed, p)
	slow := timed.Err() != nil && ctx.Err() == nil && !errors.Is(err, imaging.ErrNoMemory)
	if err != nil && slow { // a slow picture must not be tried for ever
		return fault.Wrap(err, fault.Internal, "the picture took too long")
	}
	if err != nil {
		return err
	}
	return w.show(ctx, p)
}

// render makes the renditions durable and returns the photo as it will be when it is Ready.
func (w *Worker) render(ctx context.Context, p Photo) (Photo, error) {
	u, err := w.Originals.Find(ctx, p.ID())
	if err != nil {
		return Photo{}, err
	}
	if err := w.Limits.Fit(u.Length); err != nil {
		return Photo{}, err
	}
	file, err := w.read(ctx, u)
	if err != nil {
		return Photo{}, err
	}
	made, err := w.renderer.Render(ctx, file, imaging.Request{Crop: p.Crop, Specs: p.plan()})
	if err != nil {
		return Photo{}, err
	}
	if p.Renditions, err = w.store(ctx, p, made.Renditions); err != nil {
		return Photo{}, err
	}
	w.learn(ctx, u, file)
	point.Here("render.stored")
	p.State, p.Due = Ready, 0
	p.Type, p.Width, p.Height = made.Header.Type, made.Header.Width, made.Header.Height
	p.Thumbhash, p.Colour = made.Thumbhash, made.Colour
	return p, nil
}

// learn keeps the SHA-256 of an original that is in memory as a whole, so that nobody has to read it again
// for that. Should it not be kept, who asks for it has it computed.
func (w *Worker) learn(ctx context.Context, u storage.Upload, file []byte) {
	if u.SHA256 == nil {
		sum := sha256.Sum256(file)
		_ = w.Originals.KeepDigest(ctx, u, sum[:])
	}
}

// plan is what is made of the photo. Where a crop was asked for, it is also made as wide as the whole picture
// else is: 160 and 200 pixels.
func (p Photo) plan() []imaging.Spec {
	all := imaging.Plan()
	if p.Crop == (imaging.Crop{}) {
		return all
	}
	return slices.Concat(all, imaging.PlanSquare(160), imaging.PlanSquare(200))
}

// read returns the bytes of an original, which are checked on the way.
func (w *Worker) read(ctx context.Context, u storage.Upload) ([]byte, error) {
	from, err := w.Originals.Open(ctx, u, 0, u.Length)
	if err != nil {
		return nil, err
	}
	file, err := whole(from, u.Length)
	if err != nil {
		return nil, fault.Wrap(err, fault.Of(err), "the original cannot be read")
	}
	return file, nil
}

// show makes the photo the person's current one.
func (w *Worker) show(ctx context.Context, p Photo) error {
	return w.transact(ctx, func(ctx context.Context, now storage.Millis) error {
		person, err := w.Directory.Lock(ctx, p.Community, p.Person)
		if err != nil {
			return err
		}
		if err := w.Queue.Settle(ctx, p); err != nil {
			return err
		}
		if err := w.retire(ctx, person, now); err != nil {
			return err
		}
		person.Current = p.Version
		if err := w.Directory.Point(ctx, person); err != nil {
			return err
		}
		return w.discard(ctx, p, p.Epoch-1, now)
	})
}

// fail ends the photo; the person's current one stays. The audit log has told that they were given this one.
func (w *Worker) fail(ctx context.Context, p Photo, reason imaging.Reason) error {
	p.State, p.Reason = Failed, string(reason)
	done := Entry{
		Community: p.Community, Actor: "cameo", Action: PhotoFailed, Person: p.Person, Object: string(p.Version),
	}
	err := w.transact(ctx, func(ctx context.Context, now storage.Millis) error {
		p.Due = now.Add(w.Limits.Retention)
		if err := w.Queue.Settle(ctx, p); err != nil {
			return err
		}
		if err := w.release(ctx, p, now); err != nil || w.Audit == nil {
			return err
		}
		done.At = now
		return w.Audit.Record(ctx, done)
	})
	if err == nil {
		w.logDeed(ctx, done)
	}
	return err
}

// postpone puts the photo back after an attempt that went wrong for cause, or fails it after the last one.
// If a store did not answer, or this process is ending, that is not the picture's fault: the try is given
// back.
func (w *Worker) postpone(ctx context.Context, p Photo, cause error) error {
	wait := w.Limits.Backoff
	switch k := fault.Of(cause); {
	case k == fault.Unavailable || k == fault.Full:
		p.Tries--
	case p.Tries >= w.Limits.Tries:
		return w.fail(ctx, p, imaging.RenderFailed)
	default:
		wait <<= 2 * (p.Tries - 1)
	}
	return w.transact(ctx, func(ctx context.Context, now storage.Millis) error {
		p.Due = now.Add(w.around(wait))
		return w.Queue.Settle(ctx, p)
	})
}

// transact runs fn in a transaction with the time at which it began.
func (w *Worker) transact(ctx context.Context, fn func(context.Context, storage.Millis) error) error {
	now := w.Clock()
	return w.Tx.Do(ctx, func(ctx context.Context) error { return fn(ctx, now) })
}

// abandon hands the blob of a claim that came too late to the trash. Whoever took over has done so before,
// but a worker that was frozen may have stored it after the trash was emptied.
func (w *Worker) abandon(ctx context.Context, p Photo) error {
	return w.transact(ctx, func(ctx context.Context, now storage.Millis) error {
		mine := SheetName(p.Version, p.Epoch)
		there, err := w.Album.Find(ctx, p.Community, p.Version)
		if err != nil && !fault.Is(err, fault.NotFound) || slices.Contains(there.blobs(), mine) {
			return err
		}
		return w.Trash.Discard(ctx, now, mine)
	})
}

// refused returns the reason for which the picture itself was refused, "" for any other error.
func refused(err error) imaging.Reason {
	switch fault.Of(err) {
	case fault.Unsupported, fault.TooLarge, fault.Invalid:
		return imaging.Reason(fault.Public(err).Reason)
	}
	return ""
}
