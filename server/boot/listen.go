package boot

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"

	"cameo/server/reply"
	"cameo/storage/fault"
)

// doors are the node's listeners.
type doors struct {
	main net.Listener
	ops  net.Listener // nil: no metrics
	late error        // why there are none although nobody asked for that
	url  string       // of main
}

// listen opens the doors. An address that was asked for and is taken is Invalid; the metrics' default address
// may be.
func (c Config) listen(lane reply.Lane) (doors, error) {
	main, err := (&net.ListenConfig{Control: deferAccept}).Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return doors{}, fault.New(fault.Invalid, "--listen: cannot listen on %s: %s", c.Listen, reason(err))
	}
	d := doors{main: reply.Guard(main, lane), url: "http://" + main.Addr().String()}
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			main.Close()
			return doors{}, fault.New(fault.Invalid, "--tls-cert, --tls-key: %v", err)
		}
		d.main = tls.NewListener(main, &tls.Config{
			Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"h2", "http/1.1"},
		})
		d.url = "https://" + main.Addr().String()
	}
	if c.OpsListen == opsOff {
		return d, nil
	}
	d.ops, err = net.Listen("tcp", cmp.Or(c.OpsListen, OpsDefault))
	switch {
	case err != nil && c.OpsListen != "":
		main.Close()
		return doors{}, fault.New(fault.Invalid, "--ops-listen: cannot listen on %s: %s", c.OpsListen, reason(err))
	case err != nil:
		d.late = fault.New(fault.Unavailable,
			"no metrics: %s is taken; give another --ops-listen, or off", OpsDefault)
	}
	return d, nil
}

// reason is the last part of a network error: the part that a person can act on.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// Close shuts the doors. Those that a server has shut already are no error.
func (d doors) Close() error {
	err := d.main.Close()
	if d.ops != nil {
		err = errors.Join(err, d.ops.Close())
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
