package auth

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// The query parameters of a signed URL.
const (
	expiresParam   = "expires"   // seconds since 1970
	signatureParam = "signature" // base64url
)

// skew is how much later than it may be an expiry is believed to be: nodes' clocks differ by a little.
const skew = time.Minute

// URLSigner signs URLs that show something to whoever has them, until they expire. All nodes that share
// Keys believe each other's signatures. It may be used by many goroutines.
type URLSigner struct {
	key   []byte
	clock storage.Clock
	life  time.Duration
}

// NewURLSigner returns a signer of URLs that live for life at most. Its key is one of its own, derived from
// that which signs tokens: nothing that it signs can ever pass for a token.
func NewURLSigner(keys Keys, clock storage.Clock, life time.Duration) (*URLSigner, error) {
	key, err := hkdf.Key(sha256.New, keys.Signing, nil, "cameo signed URLs", sha256.Size)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no key for signed URLs")
	}
	return &URLSigner{key, clock, life}, nil
}

// Sign returns the query parameters that let a URL show what it names. They stay the same for half a life,
// so that whoever asks again gets URLs that a browser's cache knows, and live for half a life at least.
func (s *URLSigner) Sign(what string) url.Values {
	half := max(int64(s.life/time.Second)/2, 1)
	expires := strconv.FormatInt((s.clock().Time().Unix()/half+2)*half, 10)
	return url.Values{expiresParam: {expires}, signatureParam: {s.sum(what, expires)}}
}

// Signed says whether a URL's query claims to be signed.
func Signed(query url.Values) bool { return query.Has(signatureParam) || query.Has(expiresParam) }

// Verify returns for how long the URL still shows what it names. A signature that is not good is Forbidden,
// also one with an expiry later than any that is given out now; one that was good is Unauthenticated.
func (s *URLSigner) Verify(what string, query url.Values) (time.Duration, error) {
	forged := fault.New(fault.Forbidden, "the signature of this address is not valid").Because("bad_signature")
	if len(query[expiresParam]) != 1 || len(query[signatureParam]) != 1 {
		return 0, forged
	}
	expires := query.Get(expiresParam)
	if !hmac.Equal([]byte(query.Get(signatureParam)), []byte(s.sum(what, expires))) {
		return 0, forged
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return 0, forged
	}
	switch rest := time.Unix(seconds, 0).Sub(s.clock().Time()); {
	case rest <= 0:
		return 0, fault.New(fault.Unauthenticated, "this address has expired: ask for a new one").
			Because("expired")
	case rest > s.life+skew:
		return 0, forged
	default:
		return rest, nil
	}
}

// sum is the signature. What is signed has no line break, so that no two pairs are the same text.
func (s *URLSigner) sum(what, expires string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(what + "\n" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
