package s3test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is what happens to one request on its way. The zero Fault is none.
type Fault struct {
	Done   bool          // the server carries the request out first, and only its answer is lost
	Status int           // with it the proxy answers, as S3 does
	Code   string        // S3's error code in that answer
	Reset  bool          // the connection is reset
	Silent bool          // nobody answers until the client gives up
	Flip   bool          // one bit of the body is turned
	Cut    int64         // the answer's body is cut after so many bytes
	Late   time.Duration // the request waits so long on its way
	Rate   int64         // bytes a second that a body's way carries; 0: any number
}

// Proxy stands before a server. It counts requests and carries out planned faults.
type Proxy struct {
	Endpoint string // http://127.0.0.1:PORT

	forward *httputil.ReverseProxy
	mu      sync.Mutex
	plan    func(op string, nth int) Fault
	counts  map[string]int
	stored  int64
	traffic Traffic
	headers map[string]http.Header
}

// NewProxy starts a proxy for the length of a test.
func NewProxy(tb testing.TB, server *Server) *Proxy {
	tb.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{headers: map[string]http.Header{}}
	p.Plan(func(string, int) Fault { return Fault{} })
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host // it is signed
		},
		Transport:      transport,
		ModifyResponse: p.got,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { reset(w) },
	}
	front := httptest.NewServer(p)
	tb.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		transport.CloseIdleConnections()
	})
	p.Endpoint = front.URL
	return p
}

// Plan sets the faults: it is asked before each request, with S3's name of the operation and how many of that
// name there were, counted from 1 since the last Plan.
func (p *Proxy) Plan(plan func(op string, nth int) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan, p.counts, p.stored, p.traffic = plan, map[string]int{}, 0, Traffic{}
}

// Traffic is what went to and from the server.
type Traffic struct {
	Requests int
	Written  int64 // bytes of objects and their parts that were put
	Read     int64 // bytes of objects that were got
}

// Traffic tells what there was since the last Plan.
func (p *Proxy) Traffic() Traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic
}

// Counts tells how many requests there were since the last Plan, by S3's names of the operations.
func (p *Proxy) Counts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts)
}

// Stored tells how many bytes of bodies were put since the last Plan.
func (p *Proxy) Stored() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stored
}

// Header returns that of the last request of an operation.
func (p *Proxy) Header(op string) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.headers[op]
}

// operation is S3's name of a request.
func operation(r *http.Request) string {
	query, object := r.URL.Query(), strings.Count(strings.Trim(r.URL.Path, "/"), "/") > 0
	switch {
	case r.Method == http.MethodGet && !object:
		return "ListObjectsV2"
	case r.Method == http.MethodPost && query.Has("delete"):
		return "DeleteObjects"
	case object && len(query) <= 1 && r.Method != http.MethodPost:
		return strings.Title(strings.ToLower(r.Method)) + "Object" //nolint:staticcheck // one ASCII word
	}
	return r.Method + " " + r.URL.RawQuery
}

func (p *Proxy) next(r *http.Request) Fault {
	op := operation(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[op]++
	p.headers[op] = r.Header.Clone()
	if op == "PutObject" {
		p.stored += r.ContentLength
	}
	p.traffic.Requests++
	if r.Method == http.MethodPut {
		p.traffic.Written += payload(r)
	}
	return p.plan(op, p.counts[op])
}

// payload is the length of a request's body without what the SDKs may put between its pieces.
func payload(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil {
		return max(r.ContentLength, 0)
	}
	return n
}

// got counts what an answer brings of an object.
func (p *Proxy) got(answer *http.Response) error {
	if r := answer.Request; operation(r) == "GetObject" && answer.StatusCode < http.StatusBadRequest {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.traffic.Read += max(answer.ContentLength, 0)
	}
	return nil
}

// ServeHTTP carries out one request and its fault.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.next(r)
	if f.Flip {
		r.Body = flipped(r.Body)
	}
	if f.Rate > 0 {
		r.Body = &slowBody{r.Body, f.Rate}
	}
	if !pass(r.Context(), f.Late) {
		return
	}
	if f.Done {
		p.forward.ServeHTTP(httptest.NewRecorder(), r)
	}
	switch {
	case f.Reset:
		reset(w)
	case f.Silent:
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices when the client gives up
		<-r.Context().Done()
	case f.Status != 0:
		if !f.Done {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		w.Header().Set("X-Amz-Request-Id", "proxy")
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>planned</Message></Error>", f.Code)
	case f.Cut > 0:
		p.forward.ServeHTTP(&cutWriter{ResponseWriter: w, left: f.Cut}, r)
	case f.Done: // answered into the void
	default:
		p.forward.ServeHTTP(w, r)
	}
}

// reset ends a connection as a crash of the other side does.
func reset(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // an answer that nobody sees
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

// flipped is a body with its last bit turned.
func flipped(body io.ReadCloser) io.ReadCloser {
	all, _ := io.ReadAll(body)
	if len(all) > 0 {
		all[len(all)-1] ^= 1
	}
	return io.NopCloser(bytes.NewReader(all))
}

// pass lets a time pass, unless ctx ends before.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// slowBody brings so many bytes a second.
type slowBody struct {
	io.ReadCloser
	rate int64
}

func (b *slowBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.rate/16+1)])
	pass(context.Background(), time.Duration(n)*time.Second/time.Duration(b.rate))
	return n, err
}

// cutWriter resets the connection after some bytes of the body.
type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) <= w.left {
		w.left -= int64(len(p))
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	reset(w.ResponseWriter)
	return 0, errors.New("cut as planned")
}
