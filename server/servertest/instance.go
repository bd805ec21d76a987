package servertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/association"
	"cameo/server/auth"
	"cameo/server/boot"
	"cameo/storage"
)

// stopLimit is how long an instance may take to stop.
const stopLimit = 10 * time.Second

// Instance is a whole server in the test's process.
type Instance struct {
	URL   string       // changes with a Restart
	Data  string       // its data directory
	Clock *Clock       // what it takes for the time
	HTTP  *http.Client // speaks to it as it is, without looking at the interface's description

	t      testing.TB
	config boot.Config
	log    *lines
	node   *boot.Node
	stop   context.CancelFunc
	ended  chan error // nil while it does not run
	bound  atomic.Int64
}

// Option changes how an instance is started.
type Option func(*Instance)

// Configured changes the configuration, which is the default one with a free port and without metrics.
func Configured(change func(*boot.Config)) Option { return func(i *Instance) { change(&i.config) } }

// Start runs an instance until the test ends. The log of one whose test failed is shown; one that holds a
// secret fails its test.
func Start(t testing.TB, options ...Option) *Instance {
	t.Helper()
	i := &Instance{
		Clock: &Clock{}, HTTP: &http.Client{Transport: &http.Transport{}}, t: t,
		config: boot.Default(), log: &lines{},
	}
	i.config.Data, i.config.Listen, i.config.OpsListen = t.TempDir(), "127.0.0.1:0", "off"
	for _, o := range options {
		o(i)
	}
	i.Data = i.config.Data
	t.Cleanup(func() {
		i.Stop()
		wantDiscreet(t, i.log.String())
		if t.Failed() {
			t.Logf("the instance's log:\n%s", i.log)
		}
	})
	i.start()
	return i
}

func (i *Instance) start() {
	i.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	machine := boot.ThisMachine(i.log)
	machine.Clock = i.Clock.Now
	machine.LimitMemory = i.bound.Store // the test's process is not the instance's alone
	node, err := boot.Open(ctx, i.config, machine)
	if err != nil {
		stop()
		i.t.Fatal(err)
	}
	i.node, i.URL, i.stop, i.ended = node, node.URL(), stop, make(chan error, 1)
	go func(ended chan<- error) { ended <- node.Serve(ctx) }(i.ended)
}

// Stop ends the instance as SIGTERM does. One that has ended stays so.
func (i *Instance) Stop() {
	i.t.Helper()
	if i.ended == nil {
		return
	}
	i.HTTP.CloseIdleConnections()
	i.stop()
	select {
	case err := <-i.ended:
		if err != nil {
			i.t.Errorf("the instance ended with %v", err)
		}
	case <-time.After(stopLimit):
		i.t.Errorf("the instance still runs after %s", stopLimit)
	}
	i.ended = nil
	if err := i.node.Close(); err != nil {
		i.t.Error(err)
	}
}

// Restart stops the instance and starts it again on the same data, at a new URL.
func (i *Instance) Restart() {
	i.t.Helper()
	i.Stop()
	i.start()
}

// Node is the instance from inside.
func (i *Instance) Node() *boot.Node { return i.node }

// Engine is its upload engine.
func (i *Instance) Engine() *storage.Engine { return i.node.Engine }

// MemoryBound is near how many bytes it would keep the process that it had for itself.
func (i *Instance) MemoryBound() int64 { return i.bound.Load() }

// Log is what it has logged so far.
func (i *Instance) Log() string {
	i.node.WriteLog()
	return i.log.String()
}

// Token returns a bearer token, good for a day, for a member of community 1 who administers the communities
// in admin.
func (i *Instance) Token(person association.GUID, admin ...storage.Community) string {
	i.t.Helper()
	return i.TokenOf(association.Actor{GUID: person, Communities: []storage.Community{1}, Admin: admin})
}

// TokenOf returns a bearer token, good for a day, that claims what a is.
func (i *Instance) TokenOf(a association.Actor) string {
	i.t.Helper()
	token, err := i.node.Keys.Token(auth.Claims{
		Subject: a.GUID, Communities: a.Communities, Admin: a.Admin, For: 24 * time.Hour,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// Person is the GUID of somebody with that name in stories and tests, always the same one.
func Person(name string) association.GUID {
	sum := sha256.Sum256([]byte(name))
	h := hex.EncodeToString(sum[:16])
	return association.GUID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// Clock is the machine's, moved by Advance. The zero Clock is right.
type Clock struct{ ahead atomic.Int64 }

// Now is a storage.Clock.
func (c *Clock) Now() storage.Millis {
	return storage.At(time.Now()).Add(time.Duration(c.ahead.Load()))
}

// Advance lets d pass at once; a negative d sets the clock back.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// lines is a buffer that many goroutines may write to.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write is io.Writer's.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

// String is all that was written.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
