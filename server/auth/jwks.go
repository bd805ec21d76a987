package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"cameo/storage/fault"
)

// issuerKeys holds an issuer's keys in memory and looks for new ones when a token names an unknown one.
type issuerKeys struct {
	*jwkset.MemoryJWKSet
	issuer *issuer
	url    string // where they are; "": where the issuer says
	asking inTurn
	failed func(error)
}

// newIssuerKeys fetches the keys once. An issuer that is down is no error: the keys come with the first
// token. Refreshing ends with ctx; failed is told of fetches that went wrong.
func newIssuerKeys(ctx context.Context, from *issuer, url string, failed func(error)) (jwt.Keyfunc, error) {
	keys := issuerKeys{
		MemoryJWKSet: jwkset.NewMemoryStorage(),
		issuer:       from, url: url, asking: newInTurn(), failed: failed,
	}
	keys.fetch(ctx)
	go keys.keep(ctx)
	chosen, err := keyfunc.New(keyfunc.Options{
		Ctx: ctx, Storage: keys, UseWhitelist: []jwkset.USE{jwkset.UseSig, ""},
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the issuer's keys cannot be used")
	}
	return chosen.Keyfunc, nil
}

// KeyRead returns the key of an id, after a fetch if it is unknown.
func (k issuerKeys) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	if key, err := k.MemoryJWKSet.KeyRead(ctx, id); err == nil {
		return key, nil
	}
	k.refresh(ctx)
	return k.MemoryJWKSet.KeyRead(ctx, id)
}

// KeyReadAll returns all keys, for tokens that name none. A node that has never reached the issuer tries
// again.
func (k issuerKeys) KeyReadAll(ctx context.Context) ([]jwkset.JWK, error) {
	if keys, err := k.MemoryJWKSet.KeyReadAll(ctx); err == nil && len(keys) > 0 {
		return keys, nil
	}
	k.refresh(ctx)
	return k.MemoryJWKSet.KeyReadAll(ctx)
}

// refresh fetches the keys unless that was done just now. All tokens that come with unknown ids meanwhile
// share the one fetch: after a rotation none of them is refused for being the second.
func (k issuerKeys) refresh(ctx context.Context) {
	_ = k.asking.do(func() error {
		k.fetch(ctx)
		return nil // what failed, failed was told
	})
}

// keep fetches the keys now and then until ctx ends, so that withdrawn ones are forgotten.
func (k issuerKeys) keep(ctx context.Context) {
	every := time.NewTicker(askEvery)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			k.fetch(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// fetch puts the issuer's present keys in the place of those that are known, or leaves them when it fails.
// The address is asked for each time: an issuer that moves its keys says so there.
func (k issuerKeys) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	if err := k.replace(ctx); err != nil {
		k.failed(err)
	}
}

func (k issuerKeys) replace(ctx context.Context) error {
	from := k.url
	if from == "" {
		said, err := k.issuer.discover(ctx)
		if err != nil {
			return err
		}
		if from = said.JWKSURI; from == "" {
			return errors.New("the issuer's discovery document has no jwks_uri")
		}
	}
	var set jwkset.JWKSMarshal
	if err := k.issuer.get(ctx, from, &set); err != nil {
		return fmt.Errorf("the issuer's keys: %w", err)
	}
	var keys []jwkset.JWK
	for _, one := range set.Keys {
		// A key of a kind that is not known here is no reason to do without the others.
		key, err := jwkset.NewJWKFromMarshal(one, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
		if err == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return errors.New("the issuer's keys: there is none that can be used")
	}
	return k.KeyReplaceAll(ctx, keys)
}
