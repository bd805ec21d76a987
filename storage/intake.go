package storage

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"cameo/storage/fault"
)

// intake reads a body into pages and hands on what comes.
type intake struct {
	body    Body
	budget  *budget
	slices  chan slice    // of pass; closed at the end of the reading, when err is set
	placed  atomic.Bool   // has one of the budget's places
	pressed chan struct{} // told when the session should seal what it holds, for the place to be free
	quit    chan struct{} // closed when nothing more is wanted
	once    sync.Once     // closes quit
	err     error         // why slices was closed; io.EOF after exactly the wanted bytes
}

func newIntake(body Body, b *budget) *intake {
	return &intake{
		body: body, budget: b,
		slices: make(chan slice, 1), pressed: make(chan struct{}, 1), quit: make(chan struct{}),
	}
}

// pass hands a piece to another goroutine, which receives until slices is closed.
func (in *intake) pass(s slice) { in.slices <- s }

// read reads the bytes that w says will come, and gives each piece to take as it comes.
func (in *intake) read(w Write, take func(slice)) {
	defer close(in.slices)
	in.err = in.run(w, take)
}

func (in *intake) run(w Write, take func(slice)) error {
	fast := false
	for left := w.Len; left > 0; {
		p := in.page(fast)
		if p == nil {
			return errQuit
		}
		n, err := in.fill(p, left, take)
		fast = p.fast() && left-n > largePage/2
		p.release()
		left -= n
		switch {
		case err == nil || left == 0:
		case w.UpTo && errors.Is(err, io.EOF):
			return io.EOF
		default:
			return cutBody(err)
		}
	}
	return atEnd(in.body)
}

// placeTime is how long a slow client may keep a place before its session is told to seal.
const placeTime = 2 * time.Second

// page waits for the budget, or for a place. It is nil when nothing more is wanted.
func (in *intake) page(large bool) *page {
	for {
		p, again := in.budget.take(large, in.placed.Load())
		if p != nil {
			return p
		}
		places := in.budget.places
		if in.placed.Load() { // this write's own pages may be what the budget lacks: it would wait for itself
			in.press()
			places = nil
		}
		select {
		case places <- struct{}{}:
			in.placed.Store(true)
			time.AfterFunc(placeTime, in.press)
		case <-again:
		case <-in.quit:
			return nil
		}
	}
}

func (in *intake) press() {
	select {
	case in.pressed <- struct{}{}:
	default:
	}
}

// leave takes the place from the intake, if it has one. The function gives it back, which is due when the
// bytes that it was taken for are durable.
func (in *intake) leave() func() {
	if !in.placed.Swap(false) {
		return func() {}
	}
	return func() { <-in.budget.places }
}

// fill reads until the page is full, the wanted bytes are there, or the body ends.
func (in *intake) fill(p *page, left int64, take func(slice)) (int64, error) {
	var sum int64
	for sum < left && !p.full() {
		s, err := p.fill(in.body.Read, left-sum)
		if n := int64(len(s.b)); n > 0 {
			sum += n
			take(s)
		} else {
			s.page.release()
		}
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// atEnd makes sure that no more bytes follow.
func atEnd(body Body) error {
	var extra [1]byte
	for {
		switch n, err := body.Read(extra[:]); {
		case n > 0:
			return fault.New(fault.Malformed, "the body is longer than its range")
		case errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return cutBody(err)
		}
	}
}

// halt makes the reader end soon. What it has read by then still comes through slices.
func (in *intake) halt() {
	in.once.Do(func() { close(in.quit) })
	in.body.Interrupt()
}

// end halts the reader if it has not ended, and waits for it. Slices that are still on their way are dropped.
func (in *intake) end() {
	defer func() { in.leave()() }()
	select {
	case s, ok := <-in.slices:
		if !ok {
			return // the body was read to its end, and its connection may live on
		}
		s.page.release()
	default:
	}
	in.halt()
	for s := range in.slices {
		s.page.release()
	}
}

// cutBody gives a read error a Kind, unless the body knows better, as after a stall.
func cutBody(err error) error {
	if fault.Of(err) != fault.Internal {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // nobody may take the cause for a good end
	}
	return fault.Wrap(err, fault.Cut, "the body ended before the range was complete")
}

// noBody is the body of a write that brings no bytes.
type noBody struct{}

// Read is at the end.
func (noBody) Read([]byte) (int, error) { return 0, io.EOF }

// Interrupt has nothing to do.
func (noBody) Interrupt() {}

var errQuit = fault.New(fault.Cut, "nothing more was wanted")
