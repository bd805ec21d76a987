package servertest_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/servertest"
)

const tusUploads = "/v1/communities/1/tus/"

// tusClients is the folder of the real clients.
func tusClients(t *testing.T) string {
	t.Helper()
	found, err := exec.Command(filepath.Join("..", "..", "deploy", "tools", "tools.sh"), "clients").Output()
	folder := filepath.Join(strings.TrimSpace(string(found)), "tusclients")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "tus-js-client"))
	}
	servertest.Require(t, "npm", err == nil, "npm and Node.js are not installed, or the registry cannot be reached")
	return folder
}

// facade is an address that stays while the child behind it changes its own.
type facade struct {
	url string
	to  atomic.Pointer[url.URL]
}

func newFacade(t *testing.T) *facade {
	t.Helper()
	f := &facade{}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(f.to.Load())
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(proxy.Close)
	f.url = proxy.URL
	return f
}

// lead waits until the child is ready, and leads to it from then on.
func (f *facade) lead(t *testing.T, child *servertest.Child) {
	t.Helper()
	child.WaitReady()
	to, err := url.Parse(child.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.to.Store(to)
}

// wantUploaded wants the file of a tus upload, and that it can be associated as any other.
func (c *caller) wantUploaded(address string, content []byte) {
	c.t.Helper()
	key := path.Base(address)
	if got := c.ask(http.MethodGet, tusUploads+key, nil, nil); !bytes.Equal(got.body, content) {
		c.t.Fatalf("%s: got status %d and %d bytes, want the %d sent", address, got.status, len(got.body), len(content))
	}
	at := attachments + "/" + key + "/association/" + string(servertest.Person("jane")) + "?type=ProfilePhoto"
	c.want("associate", c.ask(http.MethodPost, at, nil, nil), http.StatusOK)
}

// upload starts a client, calls half when it says so, and returns the address that it says it has uploaded to.
func upload(t *testing.T, cmd *exec.Cmd, half func()) string {
	t.Helper()
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(within(60*time.Second), func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	address := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "half" && half != nil {
			half()
		}
		if at, ok := strings.CutPrefix(lines.Text(), "done "); ok {
			address = at
		}
	}
	if err := cmd.Wait(); err != nil || address == "" {
		t.Fatalf("the client ended with %v and said: %s", err, wrong.String())
	}
	return address
}

// scripted is tus-js-client in Node.js, with a file that it sends to a child.
type scripted struct {
	child   *servertest.Child
	jane    *caller
	content []byte

	folder, file string
	door         *facade
	front        string // where the client goes: to the door, or by a worse way
}

func newScripted(t *testing.T, content []byte) *scripted {
	t.Helper()
	s := &scripted{
		child: servertest.Process(t, servertest.ProcessOptions{}), content: content,
		folder: tusClients(t), file: filepath.Join(t.TempDir(), "me.png"),
	}
	if err := os.WriteFile(s.file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.door = newFacade(t)
	s.door.lead(t, s.child)
	s.front, s.jane = s.door.url, call(t, s.child)
	return s
}

// send sends the file to an endpoint in one of the script's ways, and calls half in the midst of it.
func (s *scripted) send(t *testing.T, half func(), endpoint string, how ...string) {
	t.Helper()
	cmd := exec.Command("node", append([]string{"upload.mjs", s.front + endpoint, s.jane.token, s.file}, how...)...)
	cmd.Dir = s.folder
	s.jane.wantUploaded(upload(t, cmd, half), s.content)
}

// sendAfterAKill is send while the server is killed and started again.
func (s *scripted) sendAfterAKill(t *testing.T, endpoint string, how ...string) {
	t.Helper()
	killed := false
	s.send(t, func() {
		killed = true
		s.child.Kill()
		s.child.Start()
		s.door.lead(t, s.child)
	}, endpoint, append([]string{"after a kill"}, how...)...)
	if !killed {
		t.Error("the server was not killed")
	}
}

// sendByPhone is R23: send over a line that breaks every 64 to 512 kB.
func (s *scripted) sendByPhone(t *testing.T, endpoint string, how ...string) {
	t.Helper()
	phone := newPhone(t, 29, s.door.url)
	s.front = phone.url
	defer func() { s.front = s.door.url }()
	s.send(t, nil, endpoint, append([]string{"over a line that breaks"}, how...)...)
	if got, want := phone.cuts.Load(), int64(len(s.content)/(512<<10)); got < want {
		t.Errorf("the line broke %d times, want %d", got, want)
	}
}

// tus-js-client uploads as it is, in each of its ways.
func TestTusJSClient(t *testing.T) {
	servertest.Long(t, "Node.js and its packages")
	t.Parallel()
	client := newScripted(t, servertest.Picture("tus", 3_000_000))
	for _, how := range []string{
		"whole", "chunks", "with the creation", "parallel", "of unknown length", "override", "paused",
	} {
		t.Run(how, func(t *testing.T) { client.send(t, nil, tusUploads, how) })
	}
	t.Run("after a kill", func(t *testing.T) { client.sendAfterAKill(t, tusUploads) })
	t.Run("over a line that breaks", func(t *testing.T) { client.sendByPhone(t, tusUploads) })
}
