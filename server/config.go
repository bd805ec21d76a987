package server

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"cameo/server/reply"
)

// Config bounds what a connection may take before any handler sees it.
type Config struct {
	HeaderTimeout  time.Duration  // for the head of a request
	IdleTimeout    time.Duration  // between two requests of a connection
	DrainTimeout   time.Duration  // for the rest of a body that nobody wants any more
	MaxHeader      int            // bytes of a request's head
	MaxBody        int64          // bytes of a body that is no upload
	MaxOpen        int            // unfinished uploads of one person, which are refused elsewhere
	Pace           reply.Pace     // how slowly a body may come and an answer may be read
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none: nobody's
}

// Default is the Config of an instance that is told nothing else. Now is the machine's own clock, to which
// the network's deadlines refer.
func Default(now func() time.Time) Config {
	return Config{
		Pace:          reply.DefaultPace(now),
		HeaderTimeout: 8 * time.Second,
		IdleTimeout:   75 * time.Second,
		DrainTimeout:  5 * time.Second,
		MaxHeader:     32 << 10,
		MaxBody:       64 << 10,
	}
}

// Validate says which value makes no sense.
func (c Config) Validate() error {
	switch {
	case c.HeaderTimeout <= 0, c.IdleTimeout <= 0, c.DrainTimeout <= 0:
		return errors.New("the time limits of a connection must be above zero")
	case c.MaxHeader < 4<<10:
		return errors.New("the head of a request needs at least 4KiB")
	case c.MaxBody < 1<<10:
		return errors.New("a body that is no upload needs at least 1KiB")
	}
	for _, p := range c.TrustedProxies {
		if !p.IsValid() {
			return errors.New("a trusted proxy must be a network such as 10.0.0.0/8")
		}
	}
	return nil
}

// HTTP returns a server for h without an address. It has no limit for whole requests: an upload may take
// hours, and its body has limits of its own.
func (c Config) HTTP(h http.Handler) *http.Server {
	var speaks http.Protocols
	speaks.SetHTTP1(true)
	speaks.SetHTTP2(true)
	speaks.SetUnencryptedHTTP2(true) // for clients and proxies that begin with it
	return &http.Server{
		Protocols:         &speaks,
		Handler:           h,
		ReadHeaderTimeout: c.HeaderTimeout,
		IdleTimeout:       c.IdleTimeout,
		MaxHeaderBytes:    c.MaxHeader,
		ConnContext:       reply.ConnContext,
	}
}

// Lane is where a Replier answers, between the requests that reach HTTP's server.
func (c Config) Lane(first reply.Replier) reply.Lane {
	return reply.Lane{First: first, Idle: c.IdleTimeout, Pace: c.Pace}
}

// network is p as package net knows it.
func network(p netip.Prefix) *net.IPNet {
	p = p.Masked()
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
