package reply

import "net/http"

// Writer is a response whose client must go on reading: each write, 32 KiB in a download, has the time of
// Pace.Idle. A client that stops would otherwise keep its connection and what serves it for ever.
type Writer struct {
	http.ResponseWriter
	control *http.ResponseController
	pace    Pace
}

// NewWriter puts the limit on w.
func NewWriter(w http.ResponseWriter, pace Pace) *Writer {
	return &Writer{ResponseWriter: w, control: http.NewResponseController(w), pace: pace}
}

// Write is http.ResponseWriter's.
func (w *Writer) Write(p []byte) (int, error) {
	// A writer that has no deadlines (a recorder in a test) is written to without.
	_ = w.control.SetWriteDeadline(w.pace.Now().Add(w.pace.Idle))
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
