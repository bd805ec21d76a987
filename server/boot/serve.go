package boot

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"cameo/server"
	"cameo/storage/fault"
)

// A node is gone stopTime after it was told to stop. What is still running restTime before that is cut off.
const (
	stopTime   = 9 * time.Second
	restTime   = time.Second
	lingerTime = 500 * time.Millisecond // for requests that were on their way when the listener closed
)

// Serve says where the node listens, and serves until ctx ends or a listener fails.
//
// Order of the stop: unready and deaf, uploads ended with what they have made durable and answered 503,
// requests answered, background work given back. It returns within 10 s. Close follows.
func (n *Node) Serve(ctx context.Context) error {
	invitation, administrator, err := n.invitation(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	hints, err := n.hints(administrator)
	if err == nil {
		err = n.said.begin("listening on " + n.URL() + "\n" + invitation + hints)
	}
	if err != nil {
		return err
	}
	if n.doors.late != nil {
		n.log.WarnContext(ctx, n.doors.late.Error())
	}
	background, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	var behind sync.WaitGroup
	behind.Go(func() { n.said.run(background) })
	behind.Go(func() { n.worker.Run(background) })
	behind.Go(func() { n.sweep(background) })
	behind.Go(func() { n.keepTime(background) })
	behind.Go(func() { n.shareRates(background) })
	behind.Go(func() { n.boundMemory(background) })

	public := n.httpServer(n.handler)
	public.ConnState = n.count
	private := n.httpServer(n.metrics.Handler())
	failed := make(chan error, 2)
	go func() { failed <- public.Serve(n.doors.main) }()
	if n.doors.ops != nil {
		go func() { failed <- private.Serve(n.doors.ops) }()
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fault.Wrap(err, fault.Unavailable, "a listener failed")
	}
	n.log.InfoContext(ctx, "stopping")
	n.stop(ctx, public)
	private.Close()
	leave()
	await(&behind, restTime)
	return err
}

func (n *Node) httpServer(h http.Handler) *http.Server {
	s := server.Default(n.machine.Now).HTTP(h)
	s.ErrorLog = slog.NewLogLogger(n.log.Handler(), slog.LevelDebug) // of strangers' broken connections
	return s
}

// stop ends the public server. Requests cannot end before their uploads have, so the engine is drained first.
// Those whose head is still on its way would be dropped unanswered by Shutdown: they get the linger.
func (n *Node) stop(ctx context.Context, public *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime-restTime)
	defer cancel()
	n.health.Drain()
	n.again.Close(lingerTime) // from now on each answer says that its connection ends
	n.doors.main.Close()
	public.SetKeepAlivesEnabled(false)
	if err := n.Engine.Drain(ctx); err != nil {
		n.log.WarnContext(ctx, "stopping", "error", err)
	}
	n.linger()
	if err := public.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		n.log.WarnContext(ctx, "some requests did not end in time and were cut off", "error", err)
		public.Close()
	}
}

// linger waits until all connections have gone, lingerTime at most.
func (n *Node) linger() {
	limit, look := time.NewTimer(lingerTime), time.NewTicker(lingerTime/100)
	defer limit.Stop()
	defer look.Stop()
	for n.connections.Load() > 0 {
		select {
		case <-look.C:
		case <-limit.C:
			return
		}
	}
}

// count keeps the number of open connections.
func (n *Node) count(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		n.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		n.connections.Add(-1)
	}
}

// await waits for w, but no longer than limit: what is left dies with the process.
func await(w *sync.WaitGroup, limit time.Duration) {
	done := make(chan struct{})
	go func() { w.Wait(); close(done) }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
