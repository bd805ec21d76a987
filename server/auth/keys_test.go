package auth_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"cameo/server/auth"
	"cameo/storage"
	"cameo/storage/fault"
)

// noon is the time in all tests that set the clock.
var noon = storage.At(time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC))

func atNoon() storage.Millis { return noon }

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "keys")
	made, err := auth.LoadOrCreateKeys(path, rand.Reader, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Signing) != 32 || len(made.Sealing) != 32 || bytes.Equal(made.Signing, made.Sealing) {
		t.Errorf("secrets of %d and %d bytes, want two of 32", len(made.Signing), len(made.Sealing))
	}
	if got, want := made.Created, noon.Time(); !got.Equal(want) {
		t.Errorf("created %v, want %v", got, want)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, want the keys alone", left)
	}
	kept, err := auth.LoadOrCreateKeys(path, iotest.ErrReader(errors.New("no second draw")), atNoon)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Deployment != made.Deployment || !bytes.Equal(kept.Signing, made.Signing) || !bytes.Equal(kept.Sealing, made.Sealing) {
		t.Error("the second start has other keys than the first")
	}
}

func TestKeysOfStartsAtTheSameTimeAgree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	var wait sync.WaitGroup
	deployments := make([]string, 16)
	for i := range deployments {
		wait.Go(func() {
			keys, err := auth.LoadOrCreateKeys(path, rand.Reader, atNoon)
			if err != nil {
				t.Error(err)
			}
			deployments[i] = keys.Deployment
		})
	}
	wait.Wait()
	for i, got := range deployments {
		if want := deployments[0]; got != want || got == "" {
			t.Errorf("start %d has deployment %q, the first %q", i, got, want)
		}
	}
}

func TestKeysThatCannotBeTrustedAreRefused(t *testing.T) {
	t.Parallel()
	secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("s"), 32))
	good := fmt.Sprintf(`{"deployment":"%s","created":"2026-11-05T12:00:00Z","signing":"%s","sealing":"%[2]s"}`,
		strings.Repeat("d", 22), secret)
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string // in the message; "" is accepted
	}{
		{"good", good, 0o600, ""},
		{"read-only", good, 0o400, ""},
		{"from a later version", strings.Replace(good, "{", `{"more":1,`, 1), 0o600, ""},
		{"readable by the group", good, 0o640, "chmod"},
		{"readable by all", good, 0o604, "chmod"},
		{"writable by others", good, 0o602, "chmod"},
		{"empty", "", 0o600, "damaged"},
		{"cut", good[:len(good)-10], 0o600, "damaged"},
		{"short secret", strings.Replace(good, secret, "c2hvcnQ=", 1), 0o600, "damaged"},
		{"no sealing key", strings.Replace(good, "sealing", "other", 1), 0o600, "damaged"},
		{"no deployment", strings.Replace(good, "deployment", "other", 1), 0o600, "damaged"},
		{"strange deployment", strings.Replace(good, "dd", "d/", 1), 0o600, "damaged"},
		{"two documents", good + good, 0o600, "damaged"},
		{"huge", good + strings.Repeat(" ", 1<<20), 0o600, "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := auth.LoadOrCreateKeys(path, rand.Reader, atNoon)
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v, want the keys", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "--keys") {
				t.Errorf("got %v, want a sentence with %q and --keys", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), path) || strings.Contains(err.Error(), secret)) {
				t.Errorf("%v holds the path or a secret", err)
			}
			if text, _ := os.ReadFile(path); string(text) != test.text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestKeysThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"folder is a file": filepath.Join(file, "keys"), "a folder": t.TempDir()} {
		_, err := auth.LoadOrCreateKeys(path, rand.Reader, atNoon)
		if err == nil {
			t.Fatalf("%s: got keys", name)
		}
		if got := fault.Public(err).Message; !strings.Contains(got, "--keys") || strings.Contains(got, path) {
			t.Errorf("%s: message %q, want one with --keys and without the path", name, got)
		}
	}
	none := filepath.Join(t.TempDir(), "keys")
	if _, err := auth.LoadOrCreateKeys(none, iotest.ErrReader(errors.New("dry")), atNoon); err == nil {
		t.Error("keys without randomness")
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}

func TestKeysDoNotShowInTheLog(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "keys", keys)
	fmt.Fprintf(&log, "%v %+v %#v %s", keys, keys, keys, keys)
	text := log.String()
	for _, secret := range [][]byte{keys.Signing, keys.Sealing} {
		for _, form := range []string{"%s", "%x", "%v", "%#v"} {
			if strings.Contains(text, fmt.Sprintf(form, secret)) {
				t.Errorf("%q shows a secret", text)
			}
		}
		if strings.Contains(text, base64.StdEncoding.EncodeToString(secret)) {
			t.Errorf("%q shows a secret", text)
		}
	}
	if !strings.Contains(text, keys.Deployment) {
		t.Errorf("%q does not name the deployment", text)
	}
}

func newKeys(t testing.TB) auth.Keys {
	t.Helper()
	keys, err := auth.NewKeys(rand.Reader, atNoon)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
