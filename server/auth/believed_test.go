package auth_test

import (
	"testing"
	"time"

	"cameo/server/auth"
	"cameo/storage"
)

// A token that was verified a moment ago is still refused when its time is up, and one that resembles it from
// the start.
func TestABelievedTokenExpires(t *testing.T) {
	t.Parallel()
	clock := noon
	keys := newKeys(t)
	verifier, err := auth.NewVerifier(t.Context(),
		auth.DefaultConfig(keys, func() storage.Millis { return clock }))
	if err != nil {
		t.Fatal(err)
	}
	token, err := keys.Token(auth.Claims{Subject: jane, Communities: []storage.Community{1}, For: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	const leeway = time.Minute
	for _, step := range []struct {
		after time.Duration
		good  bool
	}{
		{0, true},
		{time.Second, true},
		{10 * time.Second, true},
		{time.Hour + leeway - time.Second, true},
		{time.Hour + leeway - time.Millisecond, true},
		{time.Hour + leeway, false},
		{time.Hour + leeway + time.Second, false},
	} {
		clock = noon.Add(step.after)
		actor, err := verifier.Verify(token)
		if want := noon.Add(time.Hour + leeway); step.good && actor.Expires != want {
			t.Errorf("after %v: it expires at %v, want %v", step.after, actor.Expires.Time(), want.Time())
		}
		if (err == nil) != step.good || actor.Member(1) != step.good {
			t.Errorf("after %v: got %v and %v, want it believed: %v", step.after, actor, err, step.good)
		}
		if _, err := verifier.Verify(token[:len(token)-1]); err == nil {
			t.Errorf("after %v: a token that was cut is believed", step.after)
		}
	}
}
