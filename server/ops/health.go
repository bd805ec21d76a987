package ops

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// Check is one thing that an instance needs in order to serve, such as its database.
type Check struct {
	Name string
	// Run is nil when it is there. It is called at most once at a time, and given up after a while.
	Run func(context.Context) error
}

const (
	patience = 2 * time.Second // for one look at everything
	freshFor = 2 * time.Second // a look is good for so long: who asks often must not keep the stores busy
)

// Health answers /healthz and /readyz.
type Health struct {
	checks   []Check
	now      func() time.Time
	draining atomic.Bool

	mu     sync.Mutex
	looked time.Time
	missed []string
}

// NewHealth returns a Health that makes the checks when it is asked, by the clock now.
func NewHealth(now func() time.Time, checks ...Check) *Health {
	return &Health{checks: checks, now: now}
}

// Drain makes the instance unready for good: it is about to stop, and a load balancer should send nothing
// more.
func (h *Health) Drain() { h.draining.Store(true) }

// Alive answers 200 as long as the process answers at all.
func (h *Health) Alive(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, map[string]string{"status": "alive"})
}

// readiness is what /readyz says.
type readiness struct {
	Status string   `json:"status"` // ready, not_ready or draining
	Failed []string `json:"failed"` // names of checks
}

// Ready answers 200 when every check holds, else 503 with the names of those that do not; why, the log says.
func (h *Health) Ready(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if h.draining.Load() {
		return c.JSON(http.StatusServiceUnavailable, readiness{"draining", []string{}})
	}
	if failed := h.look(c.Request().Context()); len(failed) > 0 {
		return c.JSON(http.StatusServiceUnavailable, readiness{"not_ready", failed})
	}
	return c.JSON(http.StatusOK, readiness{"ready", []string{}})
}

// look makes the checks, all at once, unless that was done a moment ago.
func (h *Health) look(ctx context.Context) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.looked.IsZero() && h.now().Sub(h.looked) < freshFor {
		return h.missed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // the answer is for others too
	defer cancel()
	held := make([]chan bool, len(h.checks))
	for i, check := range h.checks {
		held[i] = make(chan bool, 1)
		go func() { held[i] <- check.Run(ctx) == nil }()
	}
	h.missed = []string{}
	for i, check := range h.checks {
		select {
		case ok := <-held[i]:
			if ok {
				continue
			}
		case <-ctx.Done(): // it does not even heed its context
		}
		h.missed = append(h.missed, check.Name)
	}
	h.looked = h.now()
	return h.missed
}
