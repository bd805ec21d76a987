package servertest_test

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/server/client"
	"cameo/server/servertest"
)

// stranger is a client for one test, whose connections end with it.
func stranger(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{ExpectContinueTimeout: time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestTheProgramSurvivesKill9(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	person := string(servertest.Person("jane"))
	content := servertest.Picture("me.png", 100_000)
	web := stranger(t)

	before, err := client.New(child.URL, "1", child.Token(person, false), web)
	if err != nil {
		t.Fatal(err)
	}
	a, err := before.Create(t.Context(), "me.png", "image/png", int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if a, err = before.Append(t.Context(), a, 0, 60_000, strings.NewReader(string(content[:60_000]))); err != nil {
		t.Fatal(err)
	}
	child.Restart()
	child.WaitReady()

	after, err := client.New(child.URL, "1", child.Token(person, false), web)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = after.Status(t.Context(), a.Key); err != nil || a.Offset != 60_000 {
		t.Fatalf("got offset %d and %v, want the acknowledged 60000", a.Offset, err)
	}
	rest := strings.NewReader(string(content[60_000:]))
	if a, err = after.Append(t.Context(), a, 60_000, 40_000, rest); err != nil || !a.Complete {
		t.Fatalf("got %+v and %v, want it complete", a, err)
	}
}

func TestSIGTERMEndsTheProgram(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		child := servertest.Process(t, servertest.ProcessOptions{})
		child.WaitReady()
		child.Signal(signal)
		if got := child.Wait(10 * time.Second); got != 0 {
			t.Errorf("%s: got exit code %d, want 0; it said:\n%s", name, got, child.Said())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, child.URL+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := stranger(t).Do(r); err == nil {
			resp.Body.Close()
			t.Errorf("%s: somebody still answers at %s", name, child.URL)
		}
		cancel()
	}
}

func TestAFailpointKillsTheProgram(t *testing.T) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{
		Faultpoints: true, Env: []string{"CAMEO_FAULTPOINT=associate.committed"},
	})
	child.WaitReady()
	person := string(servertest.Person("jane"))
	content := string(servertest.Picture("me.png", 5000))
	c, err := client.New(child.URL, "1", child.Token(person, false), stranger(t))
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Create(t.Context(), "me.png", "image/png", 5000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Append(t.Context(), a, 0, 5000, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Associate(t.Context(), a.Key, person); err == nil {
		t.Error("got an answer from a program that was killed before it")
	}
	if got := child.Wait(5 * time.Second); got != 137 {
		t.Errorf("got exit code %d, want 137", got)
	}
}
