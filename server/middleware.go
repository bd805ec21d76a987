package server

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/igloo"
	"cameo/server/reply"
	"cameo/server/tus"
	"cameo/storage/fault"
)

// faultKey is where a request's context holds the Kind of its refusal, for the log.
const faultKey = "cameo.fault"

// number names the request: X-Request-Id on the answer, requestSupportCode in Igloo's errors, id in the
// log. It has 15 digits, so that a JavaScript client reads it unspoiled.
func (s *site) number(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := s.Number()
		if err != nil {
			return err
		}
		c.Response().Header()[echo.HeaderXRequestID] = []string{n}
		return next(c)
	}
}

// Number draws the number of a request.
func (s *site) Number() (string, error) {
	var b [8]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", fault.Wrap(err, fault.Internal, "%s", fault.Internal.Sentence())
	}
	const lowest = 1e14
	return strconv.FormatUint(lowest+binary.BigEndian.Uint64(b[:])%(9*lowest), 10), nil
}

func requestID(c echo.Context) slog.Attr {
	return slog.String("id", c.Response().Header().Get(echo.HeaderXRequestID))
}

// record answers errors, and then counts and logs the request: what was asked by route, never its query or
// credentials.
func (s *site) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begin := s.Pace.Now()
		received := s.Metrics.Begin(c.Request())
		body := s.count(c)
		if err := next(c); err != nil {
			c.Error(err)
		}
		end, route := s.Pace.Now(), cmp.Or(c.Path(), "none")
		took := end.Sub(begin)
		received(route, c.Response().Status, body.received(), took)
		s.log(c, end, route, body.received(), took)
		return nil
	}
}

// log writes the line of a request.
func (s *site) log(c echo.Context, at time.Time, route string, in int64, took time.Duration) {
	ctx := c.Request().Context()
	if !s.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	line := requestLine(at, requestID(c), c.Request().Method, route, c.Response().Status, in, c.Response().Size,
		took, c.RealIP())
	if key := cmp.Or(c.Param("attachmentKey"), c.Param("uploadKey")); len(key) == 10 {
		line.AddAttrs(slog.String("key", key))
	}
	if actor := reply.NotedActor(c); actor != "" {
		line.AddAttrs(slog.String("actor", actor))
	}
	if k, ok := c.Get(faultKey).(fault.Kind); ok {
		line.AddAttrs(slog.String("fault", k.String()))
	}
	s.write(ctx, line)
}

// requestLine is what the log says of every request.
func requestLine(
	at time.Time, id slog.Attr, method, route string, status int, in, out int64, took time.Duration, ip string,
) slog.Record {
	line := slog.NewRecord(at, slog.LevelInfo, "request", 0)
	line.AddAttrs(id, slog.String("method", method), slog.String("route", route), slog.Int("status", status),
		slog.Int64("in", in), slog.Int64("out", out), slog.Duration("took", took), slog.String("ip", ip))
	return line
}

// write goes past the Logger, who would look up each time from where in the source he is called. As with him,
// a log that cannot be written disturbs nobody.
func (s *site) write(ctx context.Context, line slog.Record) { _ = s.Log.Handler().Handle(ctx, line) }

// count lets the bytes of the request's body be counted. nil: it has none.
func (s *site) count(c echo.Context) *counter {
	r := c.Request()
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := &counter{ReadCloser: r.Body}
	c.SetRequest(withBody(r, body))
	s.drainSoon(c) // whoever reads the body sets deadlines of its own
	return body
}

// withBody is r with another body. r itself keeps its own: by the type of that body net/http knows at the
// end whether to send "100 Continue" and how much to drain.
func withBody(r *http.Request, body io.ReadCloser) *http.Request {
	r = r.WithContext(r.Context())
	r.Body = body
	return r
}

// counter counts what is read.
type counter struct {
	io.ReadCloser
	n atomic.Int64
}

// Read is io.Reader's.
func (b *counter) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}

// received is how many bytes of the body have come.
func (b *counter) received() int64 {
	if b == nil {
		return 0
	}
	return b.n.Load()
}

// The headers of safeguard, as they stand in every answer: they are shared, and never changed in place.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// safeguard sets the headers that every answer has unless its handler knows better.
func (s *site) safeguard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h[echo.HeaderXContentTypeOptions] = noSniff
		h[echo.HeaderReferrerPolicy] = noReferrer
		h[echo.HeaderContentSecurityPolicy] = noContent
		return next(c)
	}
}

// recover turns a panic into an Internal error, which is answered and logged like any other.
func (s *site) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch why := recover(); why {
			case nil:
			case http.ErrAbortHandler: // net/http's own sign, to be passed on as it is
				panic(why)
			default:
				cause := fmt.Errorf("panic: %v\n%s", why, debug.Stack())
				err = fault.Wrap(cause, fault.Internal, "%s", fault.Internal.Sentence())
			}
		}()
		return next(c)
	}
}

// canonicalPath lets Igloo's paths be found in any case, and tus's without the slash at their end.
func canonicalPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		u.Path = tus.CanonicalPath(igloo.CanonicalPath(u.Path))
		u.RawPath = tus.CanonicalPath(igloo.CanonicalPath(u.RawPath))
		return next(c)
	}
}

// pace ends the answer to a client that has stopped reading it, and sends a small one when all is done for
// it: a client that has its answer sends the next request, and would disturb what is left to do.
func (s *site) pace(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := reply.NewWriter(c.Response().Writer, c.Request(), s.Pace)
		c.Response().Writer = w
		return errors.Join(next(c), w.Close())
	}
}

// sameSite refuses what a page of another site has a browser send. It is for routes that need no session:
// those that begin one would else let a page sign somebody in as somebody else.
func (s *site) sameSite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.Auth.Guard().Same(c); err != nil {
			return err
		}
		return next(c)
	}
}

// forwarded forgets what the request says of how it came, unless a trusted proxy says so.
func (s *site) forwarded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		from, err := netip.ParseAddrPort(c.Request().RemoteAddr)
		trusted := func(p netip.Prefix) bool { return err == nil && p.Contains(from.Addr().Unmap()) }
		if !slices.ContainsFunc(s.TrustedProxies, trusted) {
			h := c.Request().Header
			for _, name := range [...]string{
				echo.HeaderXForwardedProto, echo.HeaderXForwardedProtocol, echo.HeaderXForwardedSsl,
				echo.HeaderXUrlScheme,
			} {
				h.Del(name)
			}
		}
		return next(c)
	}
}

// small bounds the body of a route that takes no upload, in size and in time.
func (s *site) small(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.ContentLength > s.MaxBody {
			return fault.New(fault.TooLarge, "the body has more than %d bytes", s.MaxBody)
		}
		c.SetRequest(withBody(r, http.MaxBytesReader(c.Response().Writer, r.Body, s.MaxBody)))
		body := reply.NewBody(c, s.Pace)
		defer body.Close()
		c.SetRequest(withBody(r, body))
		return next(c)
	}
}
