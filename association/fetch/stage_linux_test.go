package fetch_test

import (
	"bytes"
	"compress/gzip"
	"image"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// goodPicture is a small PNG.
func goodPicture() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// largePicture is as long as it is asked for, and looks like a PNG by its first bytes.
func largePicture(length int) []byte { return append(goodPicture(), make([]byte, length)...)[:length] }

const limit = 6 << 20

// stage is what the server of the internet has, good and bad.
func (w *world) stage() http.Handler {
	plays := http.NewServeMux()
	whole := func(path string, body []byte) {
		plays.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })
	}
	whole("/", goodPicture())
	whole("/largest", largePicture(limit))
	whole("/jpeg-named.png", []byte("\xFF\xD8\xFF\xE0 and more of a JPEG"))
	whole("/text", []byte("secret of the inside, in plain words, and longer than the head of a picture is"))
	whole("/short-text", []byte("no"))
	whole("/nothing", nil)
	whole("/page", []byte("<!doctype html><script>alert(1)</script>"))
	whole("/webp", []byte("RIFF\x10\x00\x00\x00WEBPVP8L and more of it"))
	whole("/svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	whole("/gzip-unsaid", zipped(goodPicture()))
	plays.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
		w.Write(goodPicture())
	})
	plays.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{r.URL.Query().Get("url")}
		w.Header().Set("Set-Cookie", "id=1; Path=/")
		w.WriteHeader(http.StatusFound)
	})
	plays.HandleFunc("/hops/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("n"))
		to := "/hops/" + strconv.Itoa(n-1)
		if n == 1 {
			to = "/"
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	w.stageEndless(plays)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.requests = append(w.requests, r)
		w.mu.Unlock()
		rw.Header().Set("Content-Type", "image/png")
		plays.ServeHTTP(rw, r)
	})
}

// stageEndless is what would not end, or grow, or come too late.
func (w *world) stageEndless(plays *http.ServeMux) {
	plays.HandleFunc("/declared", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(limit+1))
		w.Write(goodPicture())
	})
	body, bomb := largePicture(1<<20), zipped(largePicture(20<<20))
	plays.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(body); err != nil {
				return
			}
		}
	})
	plays.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	plays.HandleFunc("/coded", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		w.Write(goodPicture())
	})
	plays.HandleFunc("/bomb-behind", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Encoding"] = []string{"identity", "x-gzip"}
		w.Write(bomb)
	})
	plays.HandleFunc("/slow-body", func(w http.ResponseWriter, r *http.Request) {
		w.Write(goodPicture())
		for http.NewResponseController(w).Flush() == nil && pause(r, time.Second) {
			w.Write([]byte{0})
		}
	})
	plays.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write(goodPicture())
	})
	plays.HandleFunc("/large-headers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("a", 100<<10))
		w.Write(goodPicture())
	})
	plays.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { pause(r, time.Minute) })
	plays.HandleFunc("/slow-headers", raw("HTTP/1.1 200 OK\r\nX: ", "a", 100*time.Millisecond))
	plays.HandleFunc("/endless-headers", raw("HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("a", 1000)+"\r\n", 0))
	plays.HandleFunc("/endless-interim", raw("", "HTTP/1.1 100 Continue\r\n\r\n", 0))
	plays.HandleFunc("/no-http", raw("SSH-2.0-OpenSSH_9.2\r\n", "", 0))
}

// raw sends first, then again and again what follows (when there is any) until the client goes.
func raw(first, again string, every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, err = io.WriteString(conn, first)
		for stop := time.Now().Add(time.Minute); err == nil && again != "" && time.Now().Before(stop); {
			_, err = io.WriteString(conn, again)
			time.Sleep(every)
		}
	}
}

// pause waits, and says whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body)
	z.Close()
	return b.Bytes()
}
