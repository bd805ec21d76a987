package boot_test

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cameo/server/boot"
)

// hinted is what an instance says when it starts and was told to give hints.
func hinted(t *testing.T, program, data string, directory boot.Admission, also ...func(*boot.Config)) string {
	t.Helper()
	cfg := boot.Default()
	cfg.Data, cfg.Directory, cfg.Hints = data, directory, true
	cfg.Listen, cfg.OpsListen = "127.0.0.1:0", "off"
	for _, change := range also {
		change(&cfg)
	}
	var said bytes.Buffer
	machine := boot.ThisMachine(&said)
	machine.Program = program
	node, err := boot.Open(t.Context(), cfg, machine)
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := node.Serve(stopped); err != nil {
		t.Error(err)
	}
	if err := node.Close(); err != nil {
		t.Error(err)
	}
	return said.String()
}

func TestHintsCallTheProgramAsItWasCalled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, program, data, want string }{
		{"found by the shell", "cameo", "data", "  cameo token --data {DATA} "},
		{"by a path", "./bin/cameo", "data", "  ./bin/cameo token --data {DATA} "},
		{"not told", "", "data", "  cameo token --data {DATA} "},
		{"quoted", "./my bin/cameo", "my data", "  './my bin/cameo' token --data '{DATA}' "},
		{"with a quote", "./o'bin/cameo", "data", `  './o'\''bin/cameo' token --data {DATA} `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), tt.data)
			got := hinted(t, tt.program, data, "open")
			if want := strings.ReplaceAll(tt.want, "{DATA}", data); !strings.Contains(got, want) {
				t.Errorf("got %s, want %q in it", got, want)
			}
			if strings.Contains(got, "user add") {
				t.Error("got a user to add, want none: the directory is open")
			}
		})
	}
}

// Where an issuer says who administers, nobody is known when the instance starts.
func TestHintsOfAClosedDirectoryBeginWithWhomToAdd(t *testing.T) {
	t.Parallel()
	issuer := func(c *boot.Config) { c.JWTIssuer, c.JWTAudience = "https://id.invalid", "cameo" }
	got := hinted(t, "./bin/cameo", filepath.Join(t.TempDir(), "data"), "closed", issuer)
	add, token := strings.Index(got, "  ./bin/cameo user add --data "), strings.Index(got, " token --data ")
	if add < 0 || token < add {
		t.Errorf("got %s, want how to add the person, and then the token", got)
	}
}

// Whoever follows the printed link finds the photo of the printed commands on the page.
func TestHintsAreAboutTheAdministrator(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	person := func(said string) string {
		found := regexp.MustCompile(` --user (\S+)\n`).FindStringSubmatch(said)
		if len(found) != 2 || !strings.Contains(said, "/users/"+found[1]+"/photo\n") {
			t.Fatalf("got %s, want one person in all commands", said)
		}
		return found[1]
	}
	first, again := hinted(t, "cameo", data, "open"), hinted(t, "cameo", data, "closed")
	if got, want := person(again), person(first); got != want {
		t.Errorf("got %s at the second start, want %s", got, want)
	}
	if !strings.Contains(first, "person="+person(first)) || strings.Contains(again, "user add") {
		t.Errorf("got %s, want the administrator, who is in the directory", first)
	}
}
