package client_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cameo/server/client"
	"cameo/server/servertest"
	"cameo/storage/fault"
)

func TestSettledTellsWhatBecameOfAPhoto(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	c, person := jane(t, i, i.URL, plain), string(servertest.Person("jane"))
	if got, err := c.Settled(t.Context(), person, time.Minute); err != nil || got.State != "none" {
		t.Errorf("before: got %+v and %v", got, err)
	}
	for _, tt := range []struct {
		state, reason string
		file          []byte
	}{
		{"ready", "", servertest.Picture("me.png", 5000)},
		{"failed", "truncated", servertest.Picture("me.png", 5000)[:4000]},
	} {
		src := source(5000)
		src.ReaderAt, src.Size = bytes.NewReader(tt.file), int64(len(tt.file))
		a, err := c.Put(t.Context(), src, client.PutOptions{})
		if err == nil {
			_, err = c.Associate(t.Context(), a.Key, person)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Settled(t.Context(), person, time.Minute)
		if err != nil || got.State != tt.state || got.Reason != tt.reason || (got.Detail == "") != (tt.reason == "") {
			t.Errorf("got %+v and %v, want it %s %s", got, err, tt.state, tt.reason)
		}
	}
	stranger, err := client.New(i.URL, "2", "nonsense", i.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Settled(t.Context(), person, time.Minute); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("to a stranger: got %v", err)
	}
}

// The wait is bounded, and a photo that takes the place of the one that is waited for is another's.
func TestSettledDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answers []string // the last one again and again
		wait    time.Duration
		want    string
	}{
		"it stays pending":   {[]string{`{"state":"pending","version":"a"}`}, 300 * time.Millisecond, "pending"},
		"another came":       {[]string{`{"state":"pending","version":"a"}`, `{"state":"failed","version":"b"}`}, time.Minute, "superseded"},
		"a break in between": {[]string{`{"state":"pending","version":"a"}`, "", `{"state":"ready","version":"a"}`}, time.Minute, "ready"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			told := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				text := tt.answers[min(asked, len(tt.answers)-1)]
				asked++
				if text == "" {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				_, _ = io.WriteString(w, text)
			}))
			t.Cleanup(told.Close)
			c, err := client.New(told.URL, "1", "", told.Client())
			if err != nil {
				t.Fatal(err)
			}
			// The bound may pass before the first answer has come: then there is nothing to tell.
			if got, err := c.Settled(t.Context(), "jane", tt.wait); err == nil && got.State != tt.want {
				t.Errorf("got %+v, want it %s", got, tt.want)
			}
		})
	}
}
