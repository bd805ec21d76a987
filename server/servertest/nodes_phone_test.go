package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/client"
	"cameo/server/servertest"
)

// R22 on two nodes: the answer of one is lost, and the client repeats its request at the other.
func repeatElsewhere(t *testing.T, d *deployment) {
	t.Helper()
	nodes := d.nodes(2, smallRuns()...)
	loseEveryAnswer(call(t, nodes[1]), loseAnswers(t, nodes[0].URL))
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantSegments()
	d.wantTidy()
}

// R23: 20 MB over a line that breaks every 64 to 512 kB.
func putByFlakyPhone(t *testing.T, d *deployment) {
	t.Helper()
	const size, segment = 20_000_000, 64 << 10
	node := d.nodes(1)[0]
	phone, content := newPhone(t, 23, node.URL), servertest.Picture("me.png", size)
	hasty, err := client.New(phone.url, "1", call(t, node).token, stranger(t))
	if err != nil {
		t.Fatal(err)
	}
	patient := hasty.Patient(time.Minute, nil)
	a, err := patient.Put(t.Context(), client.Source{
		ReaderAt: bytes.NewReader(content), Size: size, Name: "me.png", Type: "image/png",
	}, client.PutOptions{ChunkSize: size})
	if err != nil || !a.Complete {
		t.Fatalf("got %v, %v, want a complete upload", a, err)
	}
	call(t, node).wantWhole(string(a.Key), content)
	sent, cuts := phone.carried.Load(), phone.cuts.Load()
	if cuts < size/(512<<10) || sent > size*11/10+cuts*segment {
		t.Errorf("sent %d bytes with %d cuts, want 1.1 times the %d, and %d a cut", sent, cuts, size, segment)
	}
	t.Logf("sent %.3f times the bytes, with %d cuts", float64(sent)/size, cuts)
	node.Kill()
	d.wantTidy()
}

// R23 by the command, over a line that leads to the other node after each break.
func putByCommand(t *testing.T, d *deployment) {
	t.Helper()
	const size = 3_000_000
	nodes := d.nodes(2)
	phone, content := newPhone(t, 24, nodes[0].URL, nodes[1].URL), servertest.Picture("me.png", size)
	file := filepath.Join(t.TempDir(), "me.png")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	jane := call(t, nodes[0])
	code, out, said := run(t, nodes[0].Program(), "XDG_STATE_HOME="+t.TempDir(),
		"put", file, "--server", phone.url, "--token", jane.token, "--chunk-size", "1MiB")
	if code != 0 || phone.cuts.Load() < size/(512<<10) {
		t.Fatalf("got exit code %d after %d cuts; it said:\n%s", code, phone.cuts.Load(), said)
	}
	jane.wantWhole(strings.TrimSpace(out), content)
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantSegments()
	d.wantTidy()
}

// phone is a line whose connections break after 64 to 512 kB each, and lead to one server after the other.
type phone struct {
	url     string
	carried meter // bytes on their way to the servers
	cuts    atomic.Int64
}

// meter counts the bytes that pass.
type meter struct{ atomic.Int64 }

// Write is io.Writer's.
func (m *meter) Write(p []byte) (int, error) {
	m.Add(int64(len(p)))
	return len(p), nil
}

func newPhone(t *testing.T, seed uint64, servers ...string) *phone {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d", seed)
	p, chance := &phone{url: "http://" + door.Addr().String()}, rand.New(rand.NewPCG(seed, 0))
	var lines sync.WaitGroup
	t.Cleanup(func() { door.Close(); lines.Wait() })
	lines.Go(func() {
		for n := 0; ; n++ {
			from, err := door.Accept()
			if err != nil {
				return
			}
			most := 64_000 + chance.Int64N(448_000)
			lines.Go(func() { p.carry(from, strings.TrimPrefix(servers[n%len(servers)], "http://"), most) })
		}
	})
	return p
}

func (p *phone) carry(from net.Conn, address string, most int64) {
	defer from.Close()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(from, to); from.Close() }() // however the server ends it, the phone sees the end
	if _, err := io.CopyN(to, io.TeeReader(from, &p.carried), most); err == nil {
		p.cuts.Add(1)
	}
}

// goOn sends a file over a line that breaks, and asks after each break where it stands, since an answer may have been
// missed. The offset never falls, and no more is sent than 1.1 times the file and a segment a try.
func (c *caller) goOn(over *phone, at string, content []byte, segment int64, by protocol) {
	c.t.Helper()
	last, tries, size := 0, 0, len(content)
	for ; last < size && tries < 200; tries++ {
		got, err := c.try(http.MethodHead, at, by.head(), http.NoBody, 0)
		if err != nil {
			continue
		}
		offset := c.want("head", got, by.told).offset()
		if offset < last {
			c.t.Fatalf("the offset fell from %d to %d", last, offset)
		}
		last = offset
		h := by.head(append([]string{fmt.Sprint("Upload-Offset: ", offset)}, by.last...)...)
		got, err = c.try(http.MethodPatch, at, h, bytes.NewReader(content[offset:]), size-offset)
		if err == nil && got.status == by.done {
			last = got.offset()
		}
		arrive() // what is on its way is not lost to a client that waits a moment before it asks
	}
	if sent := over.carried.Load(); last != size || sent > int64(size)*11/10+int64(tries)*segment {
		c.t.Errorf("stands at %d after %d tries, %d bytes were sent", last, tries, sent)
	}
}
