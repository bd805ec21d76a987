//go:build soak

package servertest_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/servertest"
)

// R12: the store is far away behind a narrow line: answers take 1 to 3 seconds, and 256 KB/s go through.
func TestSoakR12SlowStore(t *testing.T) {
	t.Parallel()
	all := startServers(t)
	line := newNarrow(t, all.minio.Endpoint)
	d := all.deploymentAt(t, line.endpoint)
	const memory = 64 << 10 // kB
	node := d.nodes(1)[0]
	line.worsen(256_000, 2*time.Second)
	jane := call(t, node)
	before := statusKB(t, node.PID(), "VmRSS:")
	for _, size := range []int{2 * mebibyte, 16*mebibyte + 1} {
		content := servertest.Picture("me.png", size)
		key, begin := jane.create(size), time.Now()
		jane.want(fmt.Sprintf("%d bytes", size), jane.patch(key, content, 0, size), http.StatusOK)
		t.Logf("%d bytes took %s", size, time.Since(begin))
		jane.wantWhole(key, content)
	}
	if peak := statusKB(t, node.PID(), "VmHWM:"); peak > before+memory {
		t.Errorf("got a peak memory of %d kB after %d kB, want at most %d kB more", peak, before, memory)
	}
	node.Kill()
}

// narrow is a line to a server. It takes no more bytes from its clients than go through.
type narrow struct {
	endpoint string
	server   string
	mu       sync.Mutex // held while bytes of any connection go through
	rate     int        // bytes a second; 0: as they come
	latency  time.Duration
	lines    sync.WaitGroup
}

func newNarrow(t *testing.T, server string) *narrow {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &narrow{endpoint: "http://" + door.Addr().String(), server: strings.TrimPrefix(server, "http://")}
	t.Cleanup(func() { door.Close(); l.lines.Wait() })
	l.lines.Go(func() {
		for {
			from, err := door.Accept()
			if err != nil {
				return
			}
			l.lines.Go(func() { l.carry(from) })
		}
	})
	return l
}

// worsen sets how many bytes go to the server in a second, and how long an answer takes on average.
func (l *narrow) worsen(rate int, latency time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate, l.latency = rate, latency
}

func (l *narrow) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", l.server)
	if err != nil {
		return
	}
	defer to.Close()
	if tcp, ok := from.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(32 << 10)
	}
	var asked atomic.Bool
	l.lines.Go(func() {
		defer from.Close()
		_, _ = io.Copy(from, pieces{to, func(int) {
			if asked.Swap(false) {
				l.delay()
			}
		}})
	})
	_, _ = io.CopyBuffer(to, pieces{from, func(n int) {
		l.squeeze(n)
		asked.Store(true)
	}}, make([]byte, 16<<10))
}

// pieces tells of each piece that was read before it goes on.
type pieces struct {
	io.Reader
	tell func(n int)
}

func (p pieces) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.tell(n)
	return n, err
}

func (l *narrow) squeeze(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate > 0 {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(l.rate))
	}
}

// delay holds an answer back by half to one and a half times the latency.
func (l *narrow) delay() {
	l.mu.Lock()
	latency := l.latency
	l.mu.Unlock()
	if latency > 0 {
		time.Sleep(latency/2 + rand.N(latency))
	}
}
