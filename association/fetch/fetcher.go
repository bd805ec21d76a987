package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"cameo/storage/fault"
)

// Picture is what was fetched: all its bytes, and their media type as Config.Sniff tells it.
type Picture struct {
	Bytes []byte
	Type  string
}

// Fetcher fetches pictures. It may be used by many at once.
type Fetcher struct {
	config Config
	guard  *Guard
	names  *idna.Profile
	queue  *queue
	client *http.Client
}

// New returns a Fetcher. It holds no connection between two fetches, so there is nothing to close.
func New(cfg Config) *Fetcher {
	f := &Fetcher{
		config: cfg, guard: NewGuard(cfg.Allow...), names: newNames(), queue: newQueue(cfg.Limits),
	}
	dialer := &net.Dialer{
		Timeout: cfg.Limits.Headers,
		Control: f.guard.Control,
		// The C library reads 0x7f.1 as an address; this resolver does not.
		Resolver: &net.Resolver{PreferGo: true},
	}
	f.client = &http.Client{
		CheckRedirect: f.redirect,
		Transport: &http.Transport{
			Proxy:                  nil, // whatever the environment says: a proxy would dial what is refused here
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    cfg.Limits.Headers,
			ResponseHeaderTimeout:  cfg.Limits.Headers,
			MaxResponseHeaderBytes: maxHeaders,
			DisableCompression:     true,
			DisableKeepAlives:      true,
		},
	}
	return f
}

// Fetch gets the picture at a URL. Its failures:
//   - Invalid: the URL is wrong in itself, see Judge.
//   - NotFound, always in the same words and never at once: the address is not public, nobody answers, the
//     name is unknown, TLS fails, the answer is no 200, a redirect leads astray, the time is over, or
//     whatever an Exception let through did not send a picture.
//   - TooLarge, Unsupported: a public host sent more than the limit, or not a picture of an accepted type.
//   - TooMany: too many fetches at once.
//
// When ctx ends the error is that of ctx.
func (f *Fetcher) Fetch(ctx context.Context, raw string) (Picture, error) {
	u, err := f.Judge(raw)
	if err != nil {
		return Picture{}, err
	}
	leave, err := f.queue.enter(ctx)
	if err != nil {
		return Picture{}, err
	}
	floor := time.NewTimer(f.config.Limits.Floor)
	defer floor.Stop()
	p, err := f.get(ctx, u)
	leave() // before the wait below: failures shall not keep others from their turn
	if ctx.Err() != nil {
		return Picture{}, ctx.Err()
	}
	if fault.Is(err, fault.NotFound) {
		select {
		case <-floor.C:
		case <-ctx.Done():
			return Picture{}, ctx.Err()
		}
	}
	return p, err
}

// redirect judges where an answer leads before anybody goes there.
func (f *Fetcher) redirect(next *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return errors.New("too many redirects")
	}
	if before[len(before)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return errors.New("a redirect from https to less")
	}
	u, err := f.canonical(next.URL)
	if err != nil {
		return err
	}
	next.URL = u
	next.Header.Del("Referer") // what the stranger's URL says is nobody else's to know
	return nil
}

// unreachable is the one answer to everything that could tell what is reachable from here.
func unreachable(cause error) error {
	return fault.Wrap(withoutURL(cause), fault.NotFound, "no picture can be fetched from this URL").
		Because("unreachable")
}

// withoutURL keeps the stranger's URL, in which there may be a key or a password, out of the log.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// header is what every request says. It names no person and nothing of this machine.
func (f *Fetcher) header() http.Header {
	return http.Header{
		"User-Agent":      {userAgent},
		"Accept":          {strings.Join(f.config.Types, ", ")},
		"Accept-Encoding": {"identity"},
	}
}
