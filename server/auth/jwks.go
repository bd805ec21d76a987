package auth

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"cameo/storage/fault"
)

// How an issuer's keys are fetched. Strangers can make up key ids, so those fetches are few and short.
const (
	fetchEvery   = time.Hour        // refresh of known keys
	fetchUnknown = 10 * time.Second // at most one fetch for unknown key ids in so long
	fetchLimit   = 2 * time.Second  // one fetch, and the wait of a token for it
	maxJWKS      = 1 << 20          // bytes
)

// issuerKeys holds an issuer's keys in memory and looks for new ones when a token names an unknown one.
type issuerKeys struct {
	jwkset.Storage // fetches whenever it is asked for an unknown key id
	known          *jwkset.MemoryJWKSet
	fetch          *singleflight.Group
	limit          *rate.Limiter
}

// newIssuerKeys fetches the keys once. An issuer that is down is no error: the keys come with the first
// token. Refreshing ends with ctx; failed is told of fetches that went wrong.
func newIssuerKeys(ctx context.Context, url string, failed func(error)) (keyfunc.Keyfunc, error) {
	known := jwkset.NewMemoryStorage()
	client := &http.Client{
		Transport: limited{http.DefaultTransport}, Timeout: fetchLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	one, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client: client, Ctx: ctx, HTTPTimeout: fetchLimit, NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(_ context.Context, err error) { failed(err) },
		RefreshInterval:     fetchEvery, Storage: known,
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the JWKS URL cannot be used")
	}
	remote, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: map[string]jwkset.Storage{url: one}, RateLimitWaitMax: fetchLimit,
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1),
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the JWKS URL cannot be used")
	}
	keys := issuerKeys{
		Storage: remote, known: known,
		fetch: &singleflight.Group{}, limit: rate.NewLimiter(rate.Every(fetchUnknown), 1),
	}
	return keyfunc.New(keyfunc.Options{
		Ctx: ctx, Storage: keys, UseWhitelist: []jwkset.USE{jwkset.UseSig, ""},
	})
}

// KeyRead returns the key of an id, after a fetch if it is unknown.
func (k issuerKeys) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	if key, err := k.known.KeyRead(ctx, id); err == nil {
		return key, nil
	}
	k.refresh(ctx, id)
	return k.known.KeyRead(ctx, id)
}

// KeyReadAll returns all keys, for tokens that name none. A node that has never reached the issuer tries
// again.
func (k issuerKeys) KeyReadAll(ctx context.Context) ([]jwkset.JWK, error) {
	if keys, err := k.known.KeyReadAll(ctx); err == nil && len(keys) > 0 {
		return keys, nil
	}
	k.refresh(ctx, "")
	return k.known.KeyReadAll(ctx)
}

// refresh fetches the keys unless that was done just now. All tokens that come with unknown ids meanwhile
// share the one fetch: after a rotation none of them is refused for being the second.
func (k issuerKeys) refresh(ctx context.Context, id string) {
	_, _, _ = k.fetch.Do("", func() (any, error) {
		if !k.limit.Allow() {
			return nil, nil
		}
		return k.Storage.KeyRead(ctx, id) // what it found stands in known; what failed, failed was told
	})
}

// limited cuts answers at maxJWKS.
type limited struct{ http.RoundTripper }

// RoundTrip is http.RoundTripper's.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxJWKS), answer.Body}
	}
	return answer, err
}
