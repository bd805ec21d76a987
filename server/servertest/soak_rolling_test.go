//go:build soak && linux

package servertest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cameo/server/client"
	"cameo/server/servertest"
)

// R10: two nodes are restarted in turn under 50 clients, whose requests a balancer spreads over both. No upload
// fails, and next to nothing is sent twice.
func TestSoakR10RollingRestart(t *testing.T) {
	const clients, size, chunk, most = 50, 2 * mebibyte, mebibyte, 1.2
	lasting := soakTime(t, 2*time.Minute)
	d := startServers(t).deployment(t)
	nodes := d.nodes(2, "--rate-person", "off", "--max-day", "0")
	at := newBalancer(t, nodes)
	load := &steady{content: servertest.Picture("me.png", size), chunk: chunk, until: time.Now().Add(lasting)}
	token := nodes[0].Token(string(servertest.Person("jane")), false)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() { load.run(t, at.url, token) })
	}
	restarts := 0
	for ; time.Now().Before(load.until); restarts++ {
		turn := nodes[restarts%2]
		turn.Signal(syscall.SIGTERM)
		if code := turn.Wait(within(10 * time.Second)); code != 0 {
			t.Errorf("got exit code %d, want 0; it said:\n%s", code, turn.Said())
		}
		turn.Start()
		at.route(restarts%2, turn.URL)
		turn.WaitReady()
		time.Sleep(3 * time.Second)
	}
	all.Wait()
	sent, whole := load.sent.Load(), load.whole.Load()
	if whole == 0 {
		t.Fatal("not one upload is whole")
	}
	again := float64(sent) / float64(whole*size)
	t.Logf("%d restarts, %d uploads, %d failed, sent %.3f times", restarts, whole, load.failed.Load(), again)
	if load.failed.Load() != 0 || again > most {
		t.Errorf("got %d failed uploads and %.3f times the bytes, want none and %.1f", load.failed.Load(), again, most)
	}
	jane := call(t, nodes[0])
	for _, key := range load.keys {
		jane.wantWhole(key, load.content)
	}
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// balancer hands each connection to the next node, or to the one after it when that does not listen.
type balancer struct {
	url  string
	next atomic.Int64
	mu   sync.Mutex
	to   []string // the nodes' addresses
}

func newBalancer(t *testing.T, nodes []*servertest.Child) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	b := &balancer{url: "http://" + listener.Addr().String(), to: make([]string, len(nodes))}
	for n, node := range nodes {
		b.route(n, node.URL)
	}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carry(from)
		}
	}()
	return b
}

// route tells where a node listens now.
func (b *balancer) route(n int, url string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to[n] = strings.TrimPrefix(url, "http://")
}

// dial returns nil when no node listens.
func (b *balancer) dial() net.Conn {
	first := int(b.next.Add(1))
	for n := range b.to {
		b.mu.Lock()
		to := b.to[(first+n)%len(b.to)]
		b.mu.Unlock()
		if conn, err := net.Dial("tcp", to); err == nil {
			return conn
		}
	}
	return nil
}

func (b *balancer) carry(from net.Conn) {
	defer from.Close()
	to := b.dial()
	if to == nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(from, to) // however the server ends it, the client sees the end
		from.Close()
	}()
	_, _ = io.Copy(to, from)
}

// steady is a load of uploads at the pace of a mobile network, made by the Go client.
type steady struct {
	content []byte
	chunk   int64
	until   time.Time // no upload begins later

	whole, failed, sent atomic.Int64 // uploads; sent counts bytes
	mu                  sync.Mutex
	keys                []string // of uploads that are whole
}

// run makes one upload after the other, each request on a connection of its own.
func (s *steady) run(t *testing.T, url, token string) {
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Second}}
	c, err := client.New(url, "1", token, web)
	if err != nil {
		t.Error(err)
		return
	}
	c = c.Patient(time.Minute, nil)
	for time.Now().Before(s.until) {
		source := client.Source{ReaderAt: s, Size: int64(len(s.content)), Name: "me.png", Type: "image/png"}
		a, err := c.Put(context.WithoutCancel(t.Context()), source, client.PutOptions{ChunkSize: s.chunk})
		if err != nil {
			s.failed.Add(1)
			t.Errorf("an upload failed: %v", err)
			continue
		}
		s.whole.Add(1)
		s.mu.Lock()
		s.keys = append(s.keys, string(a.Key))
		s.mu.Unlock()
	}
}

// ReadAt is io.ReaderAt's. It takes its time, and counts what is sent.
func (s *steady) ReadAt(p []byte, off int64) (int, error) {
	const page, pause = 16 << 10, 80 * time.Millisecond // 200 kB a second
	time.Sleep(pause)
	n := copy(p[:min(len(p), page)], s.content[off:])
	s.sent.Add(int64(n))
	return n, nil
}
