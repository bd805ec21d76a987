package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"cameo/storage"
)

// How an issuer is asked. Strangers can cause that, by made-up key ids and by beginning to sign in, so it is
// asked seldom, and nobody waits long.
const (
	askEvery  = time.Hour        // what is known is asked for again
	askAgain  = 10 * time.Second // at most one question in so long for what is not known
	askLimit  = 2 * time.Second  // one question with its answer, and the wait of a request for it
	maxAnswer = 1 << 20          // bytes
	maxHead   = 64 << 10         // bytes of an answer's headers
)

// issuer is an identity provider as it is seen from here: by what it publishes of itself (OpenID Connect
// Discovery 1.0). It may be used by many goroutines.
type issuer struct {
	name   string // its iss
	client *http.Client
	clock  storage.Clock
	known  atomic.Pointer[metadata] // nil: nothing yet
	asking inTurn
}

// metadata is what an issuer publishes of itself, as far as it is of use here.
type metadata struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	ClientAuth    []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207

	until storage.Millis // when it is asked for again
}

func newIssuer(name string, clock storage.Clock) *issuer {
	client := &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: maxHead, DisableKeepAlives: true,
		},
		// An issuer that moves is told to us by its settings. To follow it wherever it points would let
		// whoever can make it redirect choose what we believe, or send a client's secret to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &issuer{name: name, client: client, clock: clock, asking: newInTurn()}
}

// metadata is what the issuer says of itself: as it is known, or asked for. What is old is better than
// nothing.
func (i *issuer) metadata(ctx context.Context) (metadata, error) {
	old := i.known.Load()
	if old != nil && i.clock() < old.until {
		return *old, nil
	}
	err := i.asking.do(func() error {
		_, err := i.discover(context.WithoutCancel(ctx)) // others wait for it too
		return err
	})
	if now := i.known.Load(); now != nil {
		return *now, nil
	}
	if err == nil {
		err = errors.New("it was asked a moment ago")
	}
	return metadata{}, err
}

// discover asks the issuer what it says of itself. Its name must stand there just as it was configured: else
// another tenant of the same host could speak for it.
func (i *issuer) discover(ctx context.Context) (metadata, error) {
	var m metadata
	at := strings.TrimSuffix(i.name, "/") + "/.well-known/openid-configuration"
	if err := i.get(ctx, at, &m); err != nil {
		return metadata{}, fmt.Errorf("the issuer's discovery document: %w", err)
	}
	if m.Issuer != i.name {
		return metadata{}, fmt.Errorf("the issuer calls itself %.200q, not %q", m.Issuer, i.name)
	}
	for _, address := range []string{m.JWKSURI, m.Authorization, m.Token} {
		if address != "" && !i.mayName(address) {
			return metadata{}, fmt.Errorf("the issuer's discovery document has no good address: %.200q", address)
		}
	}
	m.until = i.clock().Add(askEvery)
	i.known.Store(&m)
	return m, nil
}

// mayName says whether an address may stand in the issuer's document: one that is reached by https does not
// lead to where others can listen.
func (i *issuer) mayName(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil &&
		(u.Scheme == "https" || u.Scheme == "http" && !strings.HasPrefix(i.name, "https:"))
}

// get reads the JSON at an address.
func (i *issuer) get(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	answer, err := i.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", address, answer.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%s answers what is no JSON: %w", address, err)
	}
	return nil
}

// inTurn lets one of those who come together ask for all of them, and nobody again for a while.
type inTurn struct {
	group *singleflight.Group
	limit *rate.Limiter
}

func newInTurn() inTurn {
	return inTurn{&singleflight.Group{}, rate.NewLimiter(rate.Every(askAgain), 1)}
}

// do runs ask, or waits for whoever runs it, or does nothing since it was run just now.
func (t inTurn) do(ask func() error) error {
	_, err, _ := t.group.Do("", func() (any, error) {
		if !t.limit.Allow() {
			return nil, nil
		}
		return nil, ask()
	})
	return err
}
