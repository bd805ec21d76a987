//go:build bench && linux

package servertest_test

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cameo/server/auth"
	"cameo/server/auth/authtest"
	"cameo/server/servertest"
	"cameo/storage"
)

const (
	tokenCount  = 4000 // of each algorithm; fewer than are remembered
	tokenBudget = 100  // µs at p50, with a key that is known
)

// TestBenchTokens measures how long a bearer token takes, from its text to whom it speaks of.
func TestBenchTokens(t *testing.T) {
	measureAll(t, emptyRig(t), report{
		file: "tokens.md", title: "Bearer tokens", peers: []string{"golang-jwt: " + module(t, "github.com/golang-jwt/jwt/v5")},
	}, []measurement{{"tokens", measureTokens}})
}

// module is the version of a library that the product is built with.
func module(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(regexp.QuoteMeta(path) + ` v(\S+)`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s is not in go.mod", path)
	}
	return string(found[1])
}

func measureTokens(t *testing.T, _ *rig) []section {
	now := func() storage.Millis { return storage.At(time.Now()) }
	keys, err := auth.NewKeys(rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	issuer := authtest.NewIssuer(t)
	s := section{
		title: "From a token to its bearer",
		about: fmt.Sprintf("%d tokens of each algorithm, one after the other, on one processor, with the issuer's keys in "+
			"memory; µs for one. *Again* is the same tokens a moment later, as a client shows one with each piece of an upload. "+
			"*Signature alone* is what the library takes for that, with no claim looked at.", tokenCount),
		header: []string{"", "first time, p50", "p90", "again, p50", "signature alone, p50"},
	}
	for _, alg := range []string{authtest.RS256, authtest.ES256, authtest.EdDSA, "HS256"} {
		config := auth.DefaultConfig(keys, now)
		config.Issuer, config.Audience = issuer.URL, authtest.Audience
		verifier, err := auth.NewVerifier(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		tokens, public := signTokens(t, issuer, keys, alg)
		verify := func(token string) error {
			_, err := verifier.Verify(token)
			return err
		}
		first := timeTokens(t, tokens, verify)
		again := timeTokens(t, tokens, verify)
		alone := timeTokens(t, tokens, func(token string) error {
			i := strings.LastIndexByte(token, '.')
			signature, err := jwt.NewParser().DecodeSegment(token[i+1:])
			if err != nil {
				return err
			}
			return jwt.GetSigningMethod(alg).Verify(token[:i], signature, public)
		})
		s.rows = append(s.rows, []string{
			alg, inMicros(first.p50()), inMicros(first.at(0.9)), inMicros(again.p50()), inMicros(alone.p50()),
		})
		s.bounds = append(s.bounds, atMost(alg+", first time, p50", micros(first.p50()), tokenBudget, "µs"))
	}
	return []section{s}
}

// signTokens makes tokens that differ, and the key by which they are verified.
func signTokens(t *testing.T, issuer *authtest.Issuer, keys auth.Keys, alg string) ([]string, any) {
	t.Helper()
	claims := issuer.Claims(string(servertest.Person("jane")), []int64{1, 2, 3}, []int64{1})
	var private, public any = keys.Signing, keys.Signing
	if alg == "HS256" {
		claims["iss"], claims["aud"] = keys.Issuer(), auth.Audience
	} else {
		private = issuer.PrivateKey(alg)
		public = private.(crypto.Signer).Public()
	}
	var tokens []string
	for i := range tokenCount {
		claims["jti"] = strconv.Itoa(i)
		tokens = append(tokens, issuer.Forge(alg, nil, claims, private))
	}
	return tokens, public
}

func timeTokens(t *testing.T, tokens []string, verify func(string) error) times {
	t.Helper()
	var all times
	for _, token := range tokens {
		start := time.Now()
		if err := verify(token); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(start))
	}
	return all
}

// micros is a duration in microseconds.
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func inMicros(d time.Duration) string { return fmt.Sprintf("%.1f", micros(d)) }
