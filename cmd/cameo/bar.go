package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"cameo/server/client"
)

// bar shows the progress of an upload on a terminal. Elsewhere it only tells of breaks, a line each.
type bar struct {
	to     streams
	drawn  *progressbar.ProgressBar // nil when there is no terminal
	closed bool
	sent   int64  // bytes, as shown last
	told   string // the break that was told last, "" when bytes have gone since
}

func newBar(to streams, src client.Source) *bar {
	b := &bar{to: to}
	if terminal(to.err) {
		b.drawn = progressbar.NewOptions64(src.Size,
			progressbar.OptionSetWriter(to.err), progressbar.OptionSetDescription(src.Name),
			progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		)
	}
	return b
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}

// show moves the bar; backwards too.
func (b *bar) show(sent, _ int64) {
	if sent > b.sent {
		b.told = ""
	}
	b.sent = sent
	if b.drawn != nil && !b.closed {
		_ = b.drawn.Set64(sent) // a terminal that went away must not end the upload
	}
}

// wait tells of a break, once: the tries that follow are of no interest.
func (b *bar) wait(cause error, pause time.Duration) {
	if b.drawn != nil {
		b.drawn.Describe("waiting for the server")
		return
	}
	if why := b.to.sentence(cause); why != b.told {
		b.told = why
		fmt.Fprintf(b.to.err, "cameo: %s; trying again in %s\n", why, pause.Round(100*time.Millisecond))
	}
}

// close removes the bar. Calling it twice is safe.
func (b *bar) close() {
	if b.drawn != nil && !b.closed {
		_ = b.drawn.Finish()
	}
	b.closed = true
}
