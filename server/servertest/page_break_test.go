package servertest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"cameo/server/servertest"
)

// breaker is a page that sends one file twice: the first time a single request of it is refused. Its clock makes a piece
// last 1.778 seconds, and so the second piece an odd number of bytes.
const breaker = `<!doctype html><script type=module>
import { Cameo } from "/js/cameo.js";
let now = 0;
performance.now = () => now += 1778;
const said = [], cameo = new Cameo({ community: 1, token: %q });
const file = new File([await (await fetch("/me.png")).blob()], "me.png", { type: "image/png", lastModified: 1 });
const kept = () => Object.values(JSON.parse(localStorage.getItem("cameo.uploads") ?? "{}")).join();
try { await cameo.upload(file); } catch (err) { said.push("refused " + err.status); }
const begun = kept();
try {
  const key = await cameo.upload(file);
  said.push("same " + (key === begun), "left " + kept().length, "key " + key);
} catch (err) { said.push("failed " + err.stack); }
await fetch("/said", { method: "POST", body: said.join("\n") });
</script>`

// oddLine passes requests on. It breaks the second piece until the client asks where it stands, and refuses the one
// after the next, once.
type oddLine struct {
	*httputil.ReverseProxy
	mu            sync.Mutex
	ranges        []string // of the pieces
	passed        int
	asked, denied bool
}

// ServeHTTP is http.Handler's.
func (l *oddLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch broken, refused := l.next(r.Header.Get("Content-Range")); {
	case broken:
		_, _ = io.CopyN(io.Discard, r.Body, 100_000)
		panic(http.ErrAbortHandler)
	case refused:
		http.Error(w, "once", http.StatusBadRequest)
	default:
		l.ReverseProxy.ServeHTTP(w, r)
	}
}

// next is what becomes of a request with that Content-Range.
func (l *oddLine) next(at string) (broken, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case at == "bytes */*":
		l.asked = true
	case at != "":
		l.ranges = append(l.ranges, at)
		broken = l.passed == 1 && !l.asked
		refused = l.passed == 2 && !l.denied
		l.denied = l.denied || refused
		if !broken && !refused {
			l.passed++
		}
	}
	return broken, refused
}

// After a break the pieces are whole bytes, and a request that is refused does not end the upload: what has arrived is
// found again.
func TestTheClientForBrowsersAfterABreak(t *testing.T) {
	t.Parallel()
	browser, i := chromium(t), servertest.Start(t)
	jane, content, heard := callInstance(t, i), servertest.Picture("me.png", 6_000_001), make(chan string, 1)
	to, err := url.Parse(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	line := &oddLine{ReverseProxy: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, breaker, jane.token)
		case "/me.png":
			_, _ = w.Write(content)
		case "/said":
			b, _ := io.ReadAll(r.Body)
			heard <- string(b)
		default:
			line.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(page.Close)
	said := hear(t, browser, page.URL, heard)
	if want := "refused 400\nsame true\nleft 0\nkey "; !strings.HasPrefix(said, want) {
		t.Fatalf("got %q, want %q", said, want)
	}
	jane.wantWhole(said[len(said)-10:], content)
	for n, at := range line.ranges {
		var from, last, size int64
		if found, err := fmt.Sscanf(at, "bytes %d-%d/%d", &from, &last, &size); found != 3 || err != nil {
			t.Errorf("got the range %q: %v", at, err)
		}
		if n == 1 && (last+1-from)%2 == 0 {
			t.Errorf("got the range %q for the piece that breaks, want an odd number of bytes", at)
		}
	}
	if !line.asked || !line.denied {
		t.Errorf("asked %v, denied %v: want both", line.asked, line.denied)
	}
}
