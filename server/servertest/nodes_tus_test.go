package servertest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"cameo/server/servertest"
	"cameo/storage/blobs/s3/s3test"
)

// tusHead are the headers of a request of tus, further ones as lines.
func tusHead(lines ...string) http.Header {
	h := http.Header{"Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return h
}

var tusPNG = "Upload-Metadata: filename " + encoded("me.png")

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// tusCreate makes an upload of n bytes, which begins with some, and returns its path.
func (c *caller) tusCreate(n int, some []byte, lines ...string) string {
	c.t.Helper()
	h := tusHead(append([]string{fmt.Sprint("Upload-Length: ", n)}, lines...)...)
	got := c.want("create", c.ask(http.MethodPost, tusUploads, h, some), http.StatusCreated)
	return tusUploads + path.Base(got.header.Get("Location"))
}

func (c *caller) tusPatch(at string, offset int, b []byte) answer {
	c.t.Helper()
	return c.ask(http.MethodPatch, at, tusHead(fmt.Sprint("Upload-Offset: ", offset)), b)
}

func (c *caller) wantTusFile(at string, content []byte) {
	c.t.Helper()
	if got := c.ask(http.MethodGet, at, nil, nil); !bytes.Equal(got.body, content) {
		c.t.Errorf("got status %d and %d bytes, want the %d sent", got.status, len(got.body), len(content))
	}
}

// Through tus an upload costs as few requests to S3 as by any other dialect; joining parts costs none.
func countRequestsOfTus(t *testing.T, d *deployment) {
	t.Helper()
	proxy := s3test.NewProxy(t, d.minio)
	d = d.deploymentAt(t, proxy.Endpoint)
	jane, content := call(t, d.nodes(1)[0]), servertest.Picture("me.png", 4*mebibyte)
	inChunks := func(chunk int) func() string {
		return func() string {
			at := jane.tusCreate(len(content), nil, tusPNG)
			for from := 0; from < len(content); from += chunk {
				jane.want("head", jane.ask(http.MethodHead, at, tusHead(), nil), http.StatusOK)
				jane.want("patch", jane.tusPatch(at, from, content[from:from+chunk]), http.StatusNoContent)
			}
			return at
		}
	}
	for _, c := range []struct {
		name     string
		requests int
		upload   func() string
	}{
		{"with the creation", 1, func() string { return jane.tusCreate(len(content), content, tusPNG) }},
		{"in one PATCH", 1, inChunks(4 * mebibyte)},
		{"in PATCHes of 1 MiB", 1, inChunks(mebibyte)},
		{"in PATCHes of 256 KiB", 1, inChunks(256 << 10)},
		{"in two parts", 2, func() string {
			half := len(content) / 2
			a := jane.tusCreate(half, content[:half], "Upload-Concat: partial")
			b := jane.tusCreate(half, content[half:], "Upload-Concat: partial")
			h := tusHead("Upload-Concat: final;"+a+" "+b, tusPNG)
			h.Del("Content-Type")
			got := jane.want("join", jane.ask(http.MethodPost, tusUploads, h, nil), http.StatusCreated)
			return tusUploads + path.Base(got.header.Get("Location"))
		}},
		{"of unknown length", 1, func() string {
			h := tusHead("Upload-Defer-Length: 1", tusPNG)
			got := jane.want("create", jane.ask(http.MethodPost, tusUploads, h, content), http.StatusCreated)
			at := tusUploads + path.Base(got.header.Get("Location"))
			h = tusHead(fmt.Sprint("Upload-Offset: ", len(content)), fmt.Sprint("Upload-Length: ", len(content)))
			jane.want("declare", jane.ask(http.MethodPatch, at, h, nil), http.StatusNoContent)
			return at
		}},
	} {
		proxy.Plan(func(string, int) s3test.Fault { return s3test.Fault{} })
		at := c.upload()
		if got := proxy.Traffic(); got.Requests != c.requests || got.Written != int64(len(content)) || got.Read != 0 {
			t.Errorf("%s: got %+v, want %d requests and every byte once", c.name, got, c.requests)
		}
		jane.wantTusFile(at, content)
	}
}

// R21 through tus on two nodes: a PATCH hangs on one, and its client goes on at the other.
func takeOverByTus(t *testing.T, d *deployment) {
	t.Helper()
	const ceiling = 3 * time.Second
	nodes := d.nodes(2)
	for name, goOn := range map[string]func(jane *caller, at string, content []byte){
		"HEAD": func(jane *caller, at string, content []byte) {
			got := jane.want("head", jane.ask(http.MethodHead, at, tusHead(), nil), http.StatusOK)
			jane.want("patch", jane.tusPatch(at, got.offset(), content[got.offset():]), http.StatusNoContent)
		},
		"PATCH": func(jane *caller, at string, content []byte) {
			jane.want("patch", jane.tusPatch(at, 0, content), http.StatusNoContent)
		},
	} {
		old, jane, content := call(t, nodes[0]), call(t, nodes[1]), servertest.Picture("me.png", brokenSize)
		at := jane.tusCreate(brokenSize, nil, tusPNG)
		hangs := old.dial()
		hangs.say(old.head(http.MethodPatch, at, "Tus-Resumable: 1.0.0", "Content-Type: application/offset+octet-stream",
			"Upload-Offset: 0", fmt.Sprint("Content-Length: ", brokenSize)) + "\r\n" + string(make([]byte, brokenAt)))
		arrive()
		begin := time.Now()
		goOn(jane, at, content)
		wantTook(t, name, begin, ceiling)
		hangs.say(string(content[brokenAt:]))
		if late, err := hangs.hear(http.MethodPatch); err == nil {
			old.want(name+": the old PATCH", late, http.StatusConflict)
		} else if !broken(err) {
			t.Errorf("%s: the old PATCH was not ended: %v", name, err)
		}
		jane.wantTusFile(at, content)
	}
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}

// R22 and R23 through tus: a phone whose line breaks every 64 to 512 kB, and which asks after each break where
// it stands, since it may have missed an answer.
func sendByFlakyTus(t *testing.T, d *deployment) {
	t.Helper()
	const size, segment = 5_000_000, 64 << 10
	node := d.nodes(1)[0]
	phone, content := newPhone(t, 25, node.URL), servertest.Picture("me.png", size)
	steady, jane := call(t, node), call(t, node)
	jane.url = func() string { return phone.url }
	at := steady.tusCreate(size, nil, tusPNG)
	jane.goOn(phone, at, content, segment, throughTus())
	steady.wantTusFile(at, content)
	node.Kill()
	d.wantTidy()
}

// A node is killed while parts are joined and deleted at the other: what is joined stays whole, and nothing
// else stays.
func killWhileJoining(t *testing.T, d *deployment) {
	t.Helper()
	nodes := d.nodes(2)
	jane, other := call(t, nodes[0]), call(t, nodes[1])
	content := servertest.Picture("me.png", 3*mebibyte)
	half := len(content) / 2
	for round := range 3 {
		a := jane.tusCreate(half, content[:half], "Upload-Concat: partial")
		b := other.tusCreate(len(content)-half, content[half:], "Upload-Concat: partial")
		h := tusHead("Upload-Concat: final;"+a+" "+b, tusPNG)
		h.Del("Content-Type")
		killed := make(chan struct{})
		if round > 0 {
			go func() {
				defer close(killed)
				time.Sleep(time.Duration(round) * 3 * time.Millisecond)
				nodes[0].Kill()
			}()
		} else {
			close(killed)
		}
		got, err := jane.try(http.MethodPost, tusUploads, h, http.NoBody, 0)
		<-killed
		if round > 0 {
			nodes[0].Start()
			nodes[0].WaitReady()
		}
		for _, part := range []string{a, b} {
			other.want("delete", other.ask(http.MethodDelete, part, tusHead(), nil), http.StatusNoContent)
		}
		if err == nil && got.status == http.StatusCreated {
			other.wantTusFile(tusUploads+path.Base(got.header.Get("Location")), content)
		}
	}
	nodes[0].Kill()
	nodes[1].Kill()
	d.wantTidy()
}
