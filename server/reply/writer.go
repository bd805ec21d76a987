package reply

import (
	"errors"
	"net/http"
)

// Writer is a response whose client must go on reading: each write, 32 KiB in a download, has the time of
// Pace.Idle. A client that stops would otherwise keep its connection and what serves it for ever.
//
// On a connection of Guard's a small answer is kept back until Close, and goes out in one piece.
type Writer struct {
	http.ResponseWriter
	control http.ResponseController
	cork    *corked // of the connection; nil: it has none
	pace    Pace
}

// NewWriter puts the limit on w, the answer to r. Close it when the handler has ended.
func NewWriter(w http.ResponseWriter, r *http.Request, pace Pace) *Writer {
	cork, _ := r.Context().Value(corkKey{}).(*corked)
	return &Writer{ResponseWriter: w, control: *http.NewResponseController(w), cork: cork, pace: pace}
}

// Write is http.ResponseWriter's.
func (w *Writer) Write(p []byte) (int, error) {
	w.extend()
	if w.cork != nil {
		w.cork.plug()
	}
	return w.ResponseWriter.Write(p)
}

// FlushError is for http.ResponseController: it sends all that was written.
func (w *Writer) FlushError() error {
	w.extend()
	err := w.control.Flush()
	if w.cork != nil {
		err = errors.Join(err, w.cork.pull())
	}
	return err
}

// Close sends what is still kept back. An answer of which nothing is, net/http ends by itself.
func (w *Writer) Close() error {
	if w.cork == nil {
		return nil
	}
	if w.cork.keeps() {
		return w.FlushError() // the rest of it is in net/http's own buffer
	}
	return w.cork.pull()
}

// Unwrap is for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// extend gives the next write its time. A writer that has no deadlines (a recorder in a test) is written to
// without.
func (w *Writer) extend() { _ = w.control.SetWriteDeadline(w.pace.Now().Add(w.pace.Idle)) }
