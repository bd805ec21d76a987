package server

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"cameo/server/auth"
	"cameo/server/rate"
	"cameo/server/reply"
	"cameo/storage/fault"
)

// limitAddress refuses the requests of an address that makes too many. Whether the service is well may always
// be asked: what asks that may stand before all clients, and take the service out of use.
func (s *site) limitAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.Path; path != "/healthz" && path != "/readyz" {
			if now, ok := s.Rates.Address.Take(rate.Address(c.RealIP()), 1); !ok {
				return refuse(c, now)
			}
		}
		return next(c)
	}
}

// limitActor lets admit decide once it is known who asks, and counts what they guessed wrongly.
func (s *site) limitActor(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		reply.OnActor(c, s.admit)
		err := next(c)
		if missed(c, err) {
			s.Rates.Misses.Take(guesser(c, reply.NotedActor(c)), 1)
		}
		return err
	}
}

// signInCost is how many wrong guesses at keys a failure to sign in counts for: passwords are shorter.
const signInCost = 20

// limitSignIn refuses addresses from which somebody has failed to sign in too often, before it is looked
// whether the password is right now. Of many who try at once each is looked at again when it is their turn.
func (s *site) limitSignIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		from := guesser(c, "")
		look := func() error {
			if now, ok := s.Rates.Misses.Look(from); !ok {
				return refuse(c, now)
			}
			return nil
		}
		if err := look(); err != nil {
			return err
		}
		auth.OnTurn(c, look)
		err := next(c)
		if fault.Is(err, fault.TooMany) && c.Request().ProtoMajor == 1 {
			// Of a crowd that is told to come again nobody keeps a connection meanwhile: each takes 20 KB.
			c.Response().Header().Set(echo.HeaderConnection, "close")
		}
		if fault.Is(err, fault.Unauthenticated) || c.Response().Status == http.StatusUnauthorized {
			s.Rates.Misses.Take(from, signInCost)
		}
		return err
	}
}

// admit refuses persons who make too many requests, and those who have guessed wrongly too often, before it
// is looked whether they guess rightly now. Who is known is counted by name, wherever they are, so that
// nobody pays for a neighbour; a stranger by address.
func (s *site) admit(c echo.Context, guid string) error {
	if guid != "" {
		now, ok := s.Rates.Person.Take(rate.Name(guid), 1)
		if !ok {
			return refuse(c, now)
		}
		// What may be cached says nothing.
		if method := c.Request().Method; method != http.MethodGet && method != http.MethodHead {
			announce(c.Response().Header(), now)
		}
	}
	if guesses(c) || guid == "" && auth.Shows(c.Request()) {
		if now, ok := s.Rates.Misses.Look(guesser(c, guid)); !ok {
			return refuse(c, now)
		}
	}
	return nil
}

// guesser is by what wrong guesses are counted.
func guesser(c echo.Context, guid string) rate.Key {
	if guid != "" {
		return rate.Name(guid)
	}
	return rate.Address(c.RealIP())
}

// guesses says whether the request looks for something by a key that only some should know, in whatever
// dialect.
func guesses(c echo.Context) bool {
	for _, name := range [...]string{"attachmentKey", "uploadKey", "fileId", "version"} {
		if c.Param(name) != "" {
			return true
		}
	}
	return false
}

// missed says whether err means that a guess was wrong.
func missed(c echo.Context, err error) bool {
	switch fault.Of(err) {
	case fault.NotFound:
		return guesses(c)
	case fault.Unauthenticated:
		return auth.Shows(c.Request())
	}
	return false
}

// refuse says in headers which limit it was.
func refuse(c echo.Context, now rate.Standing) error {
	announce(c.Response().Header(), now)
	return now.Refusal()
}

// announce tells a limit and what is left of it, in the fields of draft-ietf-httpapi-ratelimit-headers-10 and
// in those that were usual before.
func announce(h http.Header, now rate.Standing) {
	if now.Name == "" {
		return
	}
	quota, left := strconv.FormatInt(now.Policy.Quota, 10), strconv.FormatInt(now.Remaining, 10)
	policy, limit := `"`+now.Name+`";q=`+quota, `"`+now.Name+`";r=`+left
	if now.Policy.Window > 0 {
		policy, limit = policy+";w="+seconds(now.Policy.Window), limit+";t="+seconds(now.Reset)
		h.Set("RateLimit-Reset", seconds(now.Reset))
	}
	h.Set("RateLimit-Policy", policy)
	h.Set("RateLimit", limit)
	h.Set("RateLimit-Limit", quota)
	h.Set("RateLimit-Remaining", left)
}

// exceeded counts a refusal for want of room. That of unfinished uploads, which no time ends, is announced
// here; rates announce themselves.
func (s *site) exceeded(c echo.Context, err error) {
	kind := fault.Of(err)
	if kind != fault.TooMany && kind != fault.Full {
		return
	}
	why := cmp.Or(fault.Public(err).Reason, kind.String())
	s.Metrics.Refused(why)
	if why == "open" {
		h := c.Response().Header()
		h.Del("RateLimit-Reset")
		announce(h, rate.Standing{Name: why, Policy: rate.Policy{Quota: int64(s.MaxOpen)}})
	}
}

// seconds are d's, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
