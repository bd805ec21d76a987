package reply

import "time"

// Replier may have the answer to a request before net/http has read it.
type Replier interface {
	// Reply returns the answer to the request whose head came from remote: head, which it may append to room,
	// and body, which nobody changes. False: net/http shall see the request. It must tell for sure that the
	// bytes are the head of one request, and no more than that.
	Reply(room []byte, remote string, request []byte) (head, body []byte, ok bool)
	// Replied is told when an answer has been written, or could not be.
	Replied()
}

// Lane is where requests are answered without net/http. The zero Lane answers none.
type Lane struct {
	First Replier       // nil: nobody answers there
	Idle  time.Duration // how long the next request may take to come
	Pace  Pace          // of who reads an answer
}

// rearmed is how often the deadlines of a connection are set anew: each time costs a little.
const rearmed = time.Second

// next reads. A request that comes by itself between two others, as a whole, is answered here if the Replier
// has its answer, and net/http goes on waiting.
//
// net/http asks for more than one byte between two requests only when it has written its answer to the one
// before, so answers keep their order. While a handler runs it asks for one byte, to learn of the end of the
// connection; and at its beginning for fewer than any head has, to learn whether it is HTTP/2.
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
func (w *watched) answered(request []byte) bool {
	if w.remote == "" {
		w.remote = w.RemoteAddr().String()
	}
	room, _ := w.rooms.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	defer w.rooms.Put(room)
	head, body, ok := w.lane.First.Reply((*room)[:0], w.remote, request)
	if !ok {
		return false
	}
	defer w.lane.First.Replied()
	*room = head
	w.arm()
	if err := w.writePair(head, body); err != nil {
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

// leave lets net/http write for as long as it likes, as it does between two requests of its own. The time
// that the next head has to come it sets by itself.
func (w *watched) leave() error {
	if w.armed.IsZero() {
		return nil
	}
	w.armed = time.Time{}
	return w.SetWriteDeadline(time.Time{})
}
