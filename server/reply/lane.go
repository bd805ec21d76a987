package reply

import "time"

// Replier may have the answer to a request before net/http has read it.
type Replier interface {
	// Reply appends the answer to the request whose head came from remote. nil: net/http shall see it. It must
	// tell for sure that the bytes are the head of one request, and no more than that.
	Reply(to []byte, remote string, head []byte) []byte
}

// Lane is where requests are answered without net/http. The zero Lane answers none.
type Lane struct {
	First Replier       // nil: nobody answers there
	Idle  time.Duration // how long the next request may take to come
	Head  time.Duration // how long the rest of a head may take
	Pace  Pace          // of who reads an answer
}

// rearmed is how often the deadlines of a connection are set anew: each time costs a little.
const rearmed = time.Second

// next reads. A request that comes by itself between two others, as a whole, is answered here if the Replier
// has its answer, and net/http goes on waiting.
//
// It waits for the next request, with room for more than one byte, only when it has written the answer to the
// one before: so answers keep their order.
func (w *watched) next(p []byte) (int, error) {
	for {
		between := w.lane.First != nil && len(p) > 1 && w.heads.between()
		n, err := w.Conn.Read(p)
		switch {
		case !between || err != nil:
			return n, err
		case !w.answered(p[:n]):
			return n, w.leave()
		}
	}
}

// answered writes the Replier's answer, if there is one. A client that does not take it has its connection
// closed, of which the next read tells.
func (w *watched) answered(head []byte) bool {
	if w.remote == "" {
		w.remote = w.RemoteAddr().String()
	}
	room, _ := w.rooms.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	defer w.rooms.Put(room)
	answer := w.lane.First.Reply((*room)[:0], w.remote, head)
	if answer == nil {
		return false
	}
	*room = answer
	w.arm()
	if _, err := w.Write(answer); err != nil {
		_ = w.Close()
	}
	return true
}

// arm gives the answer, and the next request, their time.
func (w *watched) arm() {
	now := w.lane.Pace.Now()
	if now.Sub(w.armed) < rearmed {
		return
	}
	w.armed = now
	// A connection that has none is closed by now, as the next step finds out.
	_ = w.SetWriteDeadline(now.Add(w.lane.Pace.Idle + rearmed))
	_ = w.SetReadDeadline(now.Add(w.lane.Idle))
}

// leave gives net/http the time for a head that it counts from the connection's beginning.
func (w *watched) leave() error {
	if w.armed.IsZero() {
		return nil
	}
	w.armed = time.Time{}
	return w.SetReadDeadline(w.lane.Pace.Now().Add(w.lane.Head))
}
