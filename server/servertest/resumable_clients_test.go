package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
	"cameo/storage"
)

// curl uploads in two calls, the first of which is killed, over each kind of connection. It waits for 100 Continue
// longer than it may take at all.
func TestCurlResumes(t *testing.T) {
	t.Parallel()
	const size = 2_000_000
	content, dir := servertest.Picture("curl", size), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "me.png"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, key, _ := servertest.SelfSigned(t)
	open := servertest.Start(t)
	secret := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.TLSCert, c.TLSKey = cert, key }))
	for name, c := range map[string]struct {
		at   *servertest.Instance
		flag string
	}{
		"HTTP/1.1":          {open, "--http1.1"},
		"HTTP/2":            {open, "--http2-prior-knowledge"},
		"HTTP/1.1 over TLS": {secret, "--http1.1 --cacert " + cert},
		"HTTP/2 over TLS":   {secret, "--http2 --cacert " + cert},
		"awaited, HTTP/1.1": {open, "--http1.1 --expect100-timeout 50 --max-time 40 -H Expect:100-continue"},
		"awaited, over TLS": {secret, "--http1.1 --cacert " + cert + " --expect100-timeout 50 --max-time 40 -H Expect:100-continue"},
		"awaited, HTTP/2":   {open, "--http2-prior-knowledge --expect100-timeout 50 --max-time 40 -H Expect:100-continue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := c.at.Token(servertest.Person("jane"))
			script := fmt.Sprintf(`set -eu
curl() { command curl -sS %s -H 'Authorization: Bearer %s' -H 'Upload-Draft-Interop-Version: 8' "$@"; }
S=%s D=$(mktemp)
curl --max-time 1 --limit-rate 500k -D "$D" -o /dev/null -X POST -H 'Upload-Complete: ?1' -H 'Content-Type: image/png' \
  --data-binary @me.png $S/v1/communities/1/uploads && exit 9
grep -q '^HTTP/[0-9.]* 104' "$D"
at=$(tr -d '\r' <"$D" | sed -n 's/^[Ll]ocation: //p' | head -n 1)
from=$(curl -f -I "$at" | tr -d '\r' | sed -n 's/^[Uu]pload-[Oo]ffset: //p')
tail -c +$((from + 1)) me.png | curl -f -o /dev/null -T - -X PATCH -H 'Upload-Complete: ?1' \
  -H 'Content-Type: application/partial-upload' -H "Upload-Offset: $from" "$at"
rm "$D"
echo "done $at"`, c.flag, token, c.at.URL)
			cmd := exec.Command("sh", "-c", script)
			cmd.Dir = dir
			wantStored(t, c.at, upload(t, cmd, nil), content)
		})
	}
}

// wantStored compares what an instance has under the key of an address with what was sent.
func wantStored(t *testing.T, i *servertest.Instance, address string, content []byte) {
	t.Helper()
	u, err := i.Engine().Find(t.Context(), storage.ID{Community: 1, Key: storage.Key(path.Base(address))})
	if err != nil {
		t.Fatal(err)
	}
	from, err := i.Engine().Open(t.Context(), u, 0, u.Length)
	if err != nil {
		t.Fatalf("%v at %d: %v", u.State, u.Offset, err)
	}
	defer from.Close()
	if got, err := io.ReadAll(from); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v, want the %d sent", len(got), err, len(content))
	}
}

// A client of Go's net/http hears where its upload is before it has sent it, and what is durable while it sends.
func TestGoHearsInterimAnswers(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	i.Engine().Limits.Seal = 10 * time.Millisecond // what has come becomes durable soon, also while more is to come
	jane, content := callInstance(t, i), servertest.Picture("go", 3_000_000)
	said, got, err := jane.resumableCreate(halting(content, 2_000_000), len(content), "?1")
	if err != nil || said.at == "" || said.at != resumablePath(got.header) {
		t.Fatalf("got %v, %v after %v", got, err, said)
	}
	jane.want("whole", got, http.StatusCreated)
	if !slices.IsSorted(said.offsets) || len(said.offsets) == 0 || slices.Max(said.offsets) > len(content) {
		t.Errorf("got progress %v, want it to rise", said.offsets)
	}
	jane.wantResumableFile(said.at, content)
}

// tus-js-client speaks two drafts of the protocol, as it is.
func TestTusJSClientResumes(t *testing.T) {
	servertest.Long(t, "Node.js and its packages")
	t.Parallel()
	client := newScripted(t, servertest.Picture("draft", 1_500_000))
	for _, draft := range []string{"ietf-draft-03", "ietf-draft-05"} {
		for _, how := range []string{"whole", "chunks", "with the creation", "of unknown length", "paused"} {
			t.Run(draft+" "+how, func(t *testing.T) { client.send(t, nil, resumableUploads, how, draft) })
		}
		t.Run(draft+" after a kill", func(t *testing.T) { client.sendAfterAKill(t, resumableUploads, draft) })
		t.Run(draft+" over a line that breaks", func(t *testing.T) { client.sendByPhone(t, resumableUploads, draft) })
	}
}
