//go:build soak && linux

package servertest_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// R34: everything that people do, over networks that break and stores that fail. When it is over, memory,
// descriptors and goroutines are what they were after the first part of it (I7), and no file is left (I5).
func TestSoakR34MixedLoad(t *testing.T) {
	length := soakTime(t, 15*time.Minute)
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		m := newMixed(t, servertest.Stores{})
		m.soak(length, m.freeze)
		m.child.Kill()
		wantTidy(t, m.child.Data)
	})
	t.Run("nodes", func(t *testing.T) {
		t.Parallel()
		all := startServers(t)
		proxy := s3test.NewProxy(t, all.minio)
		d := all.deploymentAt(t, proxy.Endpoint)
		m := newMixed(t, d.stores)
		m.soak(length, func(chance *rand.Rand) {
			switch n := chance.IntN(10); {
			case n == 0:
				d.postgres.Crash(t)
			case n < 4:
				m.freeze(chance)
			default:
				failNow(proxy, rand.New(rand.NewPCG(chance.Uint64(), 0)))
			}
		})
		m.child.Kill()
		d.wantTidy()
	})
}

// freeze stops the server for a moment.
func (m *mixed) freeze(chance *rand.Rand) {
	m.child.Signal(syscall.SIGSTOP)
	time.Sleep(time.Duration(chance.Int64N(int64(500 * time.Millisecond))))
	m.child.Signal(syscall.SIGCONT)
}

// failNow lets every fifth request to S3 fail for two seconds.
func failNow(proxy *s3test.Proxy, chance *rand.Rand) {
	faults := []s3test.Fault{
		{Reset: true},
		{Silent: true},
		{Flip: true},
		{Cut: 1},
		{Done: true, Reset: true},
		{Status: http.StatusServiceUnavailable, Code: "SlowDown"},
		{Status: http.StatusInternalServerError, Code: "InternalError"},
	}
	proxy.Plan(func(string, int) s3test.Fault { // one call at a time
		if n := chance.IntN(5 * len(faults)); n < len(faults) {
			return faults[n]
		}
		return s3test.Fault{}
	})
	time.Sleep(2 * time.Second)
	proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
}

// mixed is a server and those who use it.
type mixed struct {
	t     *testing.T
	child *servertest.Child
	ops   operator
	temp  string // where it would put temporary files
}

func newMixed(t *testing.T, stores servertest.Stores) *mixed {
	t.Helper()
	m := &mixed{t: t, ops: operator{t, freeAddress(t)}, temp: t.TempDir()}
	m.child = servertest.Process(t, servertest.ProcessOptions{
		Stores: stores, Env: []string{"TMPDIR=" + m.temp},
		Flags:     []string{"--ops-listen", m.ops.at, "--idle-timeout", "2s", "--log-level", "error"},
		Unlimited: true,
	})
	m.child.WaitReady()
	return m
}

// soak runs the load for a fifth of the time without and then for the rest with faults, and compares what the
// server holds afterwards.
func (m *mixed) soak(length time.Duration, hurt func(*rand.Rand)) {
	m.t.Helper()
	m.load(1, length/5, func(*rand.Rand) {})
	before := m.rest()
	m.load(2, length-length/5, hurt)
	after := m.rest()
	m.t.Logf("before: %+v, after: %+v", before, after)
	before.wantBack(m.t, after)
	if left := files(m.t, m.temp); len(left) > 0 {
		m.t.Errorf("got the temporary files %q, want none", left)
	}
}

// load runs people for a time, and hurts the server now and then.
func (m *mixed) load(seed uint64, length time.Duration, hurt func(*rand.Rand)) {
	m.t.Helper()
	const people = 12
	chance, until := seeded(m.t, seed), time.Now().Add(length)
	var all sync.WaitGroup
	for range people {
		p := &person{call(m.t, m.child), rand.New(rand.NewPCG(chance.Uint64(), seed))}
		p.trouble = true
		all.Go(func() { p.live(until) })
	}
	for time.Now().Before(until) && !m.t.Failed() {
		time.Sleep(min(time.Second+rand.N(4*time.Second), time.Until(until)))
		hurt(chance)
	}
	all.Wait()
}

// person does one thing after the other.
type person struct {
	*caller
	chance *rand.Rand
}

func (p *person) live(until time.Time) {
	defer p.web.CloseIdleConnections()
	acts := []func(){p.upload, p.upload, p.breakOff, p.stall, p.dress, p.cancel, p.blunder}
	for time.Now().Before(until) && !p.t.Failed() {
		acts[p.chance.IntN(len(acts))]()
	}
}

// insist repeats a request until it is answered by something else than that the server cannot do it now.
func (p *person) insist(method, at string, h http.Header, body []byte) answer {
	for until := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		got, err := p.try(method, at, h, bytes.NewReader(body), len(body))
		if err == nil && got.status != http.StatusServiceUnavailable {
			return got
		}
		if time.Now().After(until) {
			p.t.Fatalf("%s %s: got %v, %v for a minute", method, at, got, err)
		}
	}
}

// begun is a new upload of up to 3 MB.
func (p *person) begun() (key string, content []byte) {
	content = servertest.Picture("me.png", 10_000+p.chance.IntN(3_000_000))
	text := fmt.Sprintf(`{"Name":"me.png","ContentType":"image/png","ContentLength":%d}`, len(content))
	got := p.insist(http.MethodPost, attachments, http.Header{"Content-Type": {"application/json"}}, []byte(text))
	return keyOf(p.want("create", got, http.StatusCreated)), content
}

// complete sends what is missing, and wants it back as it was sent.
func (p *person) complete(key string, content []byte) {
	question := http.Header{"Content-Range": {"bytes */*"}}
	chunk := 50_000 + p.chance.IntN(2_000_000)
	got := p.insist(http.MethodPatch, entry(key), question, nil)
	for at := 0; ; {
		if got.status != http.StatusOK && got.status != http.StatusAccepted || got.offset() < at {
			p.t.Fatalf("%s: got %v, want 2xx from offset %d on", key, got, at)
		}
		if at = got.offset(); at == len(content) {
			break
		}
		to := min(at+chunk, len(content))
		var err error
		got, err = p.try(http.MethodPatch, entry(key), ranged(at, to, len(content)), bytes.NewReader(content[at:to]), to-at)
		switch { // the old request may have begun only after the question was answered
		case err != nil, got.status == http.StatusServiceUnavailable, got.status == http.StatusConflict,
			got.status == http.StatusRequestedRangeNotSatisfiable:
			got = p.insist(http.MethodPatch, entry(key), question, nil)
		}
	}
	got = p.insist(http.MethodGet, "/.api2/binaries/"+key+"/download/me.png", nil, nil)
	p.want("download", got, http.StatusOK)
	if sha256.Sum256(got.body) != sha256.Sum256(content) {
		p.t.Errorf("%s: got %d bytes with another sha256, want the %d sent", key, len(got.body), len(content))
	}
}

func (p *person) upload() { p.complete(p.begun()) }

// breakOff loses the line in the midst of an upload.
func (p *person) breakOff() {
	key, content := p.begun()
	l := p.begin(key, 0, len(content), len(content), content[:p.chance.IntN(len(content))])
	l.reset()
	p.complete(key, content)
}

// stall falls silent in the midst of an upload until the server hangs up.
func (p *person) stall() {
	key, content := p.begun()
	l := p.begin(key, 0, len(content), len(content), content[:p.chance.IntN(len(content))])
	if got, err := l.hear(http.MethodPatch); err == nil && got.status < http.StatusBadRequest {
		p.t.Errorf("a stalled PATCH: got %v, want a refusal", got)
	}
	l.Close()
	p.complete(key, content)
}

// dress makes a new upload the profile photo, and looks at the one that stands.
func (p *person) dress() {
	key, content := p.begun()
	p.complete(key, content)
	at := attachments + "/" + key + "/association/" + string(servertest.Person("jane")) + "?type=ProfilePhoto"
	p.want("associate", p.insist(http.MethodPost, at, nil, nil), http.StatusOK)
	p.want("the photo", p.insist(http.MethodGet, picture(), nil, nil), http.StatusOK)
}

// cancel gives up an upload in the midst.
func (p *person) cancel() {
	key, content := p.begun()
	half := len(content) / 2
	_, _ = p.try(http.MethodPatch, entry(key), ranged(0, half, len(content)), bytes.NewReader(content[:half]), half)
	p.want("cancel", p.insist(http.MethodDelete, entry(key), nil, nil),
		http.StatusOK, http.StatusNoContent, http.StatusGone, http.StatusNotFound) // repeated after a lost answer
}

// blunder asks for what cannot be.
func (p *person) blunder() {
	key, content := p.begun()
	odd := http.Header{"Content-Type": {"image/png"}, "Content-Range": {"bytes 9-0/10"}}
	p.want("a range backwards", p.insist(http.MethodPatch, entry(key), odd, content[:10]), http.StatusBadRequest)
	ahead := ranged(100, 200, len(content))
	p.want("a gap", p.insist(http.MethodPatch, entry(key), ahead, content[100:200]), http.StatusRequestedRangeNotSatisfiable)
	p.want("a stranger's key", p.insist(http.MethodGet, entry("zzzzzzzzzz"), nil, nil), http.StatusNotFound)
	p.want("cancel", p.insist(http.MethodDelete, entry(key), nil, nil),
		http.StatusOK, http.StatusNoContent, http.StatusGone, http.StatusNotFound)
}
