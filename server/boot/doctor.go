package boot

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"cameo/storage/fault"
)

// Finding is one thing that the doctor looked at.
type Finding struct {
	Name  string
	Wrong error // what to mend; nil: it is well
}

// leastRoom is how many free bytes let an instance work through a busy hour.
const leastRoom = 1 << 30

// Doctor looks at the configuration and at everything that a node needs, in order, and says what to mend.
// What cannot be looked at because of an earlier finding is left out. It may be called while servers run, and
// makes nothing that stays: what is missing is a finding.
func Doctor(ctx context.Context, cfg Config, m Machine) []Finding {
	v := visit{Config: cfg, machine: m, state: state{clock: &clock{machine: m.Clock}}}
	v.find("configuration", cfg.Check())
	v.find("certificate", cfg.checkCertificate(m.Now()))
	if cfg.Stores.Check() != nil { // a finding already
		return v.found
	}
	if err := cfg.exists(); err != nil {
		v.find("data directory", err)
		v.homeless = true
	}
	v.lookAtKeys()
	v.lookAtDatabase(ctx)
	v.lookAtBlobs(ctx)
	if v.blobs != nil {
		v.find("room", v.room())
	}
	if v.keys.Deployment != "" {
		v.find("issuer", cfg.checkIssuer(ctx, v.keys, m))
	}
	if v.keys.Deployment != "" || v.db != nil {
		v.find("clock", errors.Join(v.plausible(m.Now()), v.punctual()))
	}
	if v.db == nil {
		return v.found
	}
	if err := v.Close(); err != nil {
		v.find("closing", err)
	}
	return v.found
}

func noData(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return wrong("data",
			"there is no such directory; start cameo serve first, which makes it, or name another one")
	}
	return fault.Wrap(err, fault.Invalid, "--data: the directory cannot be looked at")
}

// checkCertificate reads the files and looks whether now lies in the certificate's time.
func (c Config) checkCertificate(now time.Time) error {
	if c.TLSCert == "" || c.TLSKey == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	switch {
	case err != nil:
		return fmt.Errorf("--tls-cert, --tls-key: %w", err)
	case now.Before(pair.Leaf.NotBefore):
		return fmt.Errorf("--tls-cert: it is not valid before %s", pair.Leaf.NotBefore.Format(time.RFC3339))
	case now.After(pair.Leaf.NotAfter):
		return fmt.Errorf("--tls-cert: it is not valid after %s; renew it", pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// room looks how many bytes are free, in a store that can tell.
func (s *state) room() error {
	disk, ok := s.blobs.(interface{ Free() (int64, error) })
	if !ok {
		return nil
	}
	free, err := disk.Free()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	case err != nil:
		return err
	case free < leastRoom:
		return fmt.Errorf("%d MiB are free where the bytes lie; make room for at least %d MiB",
			free>>20, leastRoom>>20)
	}
	return nil
}

// plausible refuses a clock that is before what has happened already: uploads would live for ever and tokens
// be refused.
func (s *state) plausible(now time.Time) error {
	if made := s.keys.Created; now.Before(made.Add(-time.Minute)) {
		return fmt.Errorf("it says %s, which is before the keys were made (%s); set it",
			now.UTC().Format(time.RFC3339), made.Format(time.RFC3339))
	}
	return nil
}

// punctual refuses a clock that is far from the database's: nodes go by that one, but this machine's other
// programs, and cameo token, do not.
func (s *state) punctual() error {
	if ahead := s.clock.skew(); ahead.Abs() > skewMost {
		return fmt.Errorf("it is %s behind the database's; set one of them", ahead.Round(time.Second))
	}
	return nil
}
