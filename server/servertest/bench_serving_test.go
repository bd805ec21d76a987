//go:build bench && linux

package servertest_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	static        = "nginx"
	bareGo        = "net/http alone" // writes the same bytes from memory and does nothing else
	servingRounds = 5
	servingTime   = 3 * time.Second // of each turn
	servingShare  = 0.6             // of nginx's requests a second that are wanted
	browserAccept = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
)

// TestBenchServing measures how many pictures a second are served from memory, against nginx with the same bytes in
// a file.
func TestBenchServing(t *testing.T) {
	r := emptyRig(t)
	measureAll(t, r, report{
		file: "serving.md", title: "Serving photos",
		peers: []string{"nginx: " + version(t, "nginx", "-v"), "wrk: " + version(t, "wrk", "-v")},
	}, []measurement{{"serving", measureServing}})
}

// version is what a Debian program says of itself.
func version(t *testing.T, program, flag string) string {
	t.Helper()
	said, _ := exec.Command(program, flag).CombinedOutput() // wrk ends with 1
	found := regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(string(said))
	if found == "" {
		t.Fatalf("%s is not there: install Debian's package of that name", program)
	}
	return found
}

// exchange is a request that is repeated: to us, and to nginx for the same bytes.
type exchange struct {
	name  string
	lines map[string][]string // header lines, by competitor
	urls  map[string]string
}

func measureServing(t *testing.T, r *rig) []section {
	url, path := startServing(t, scratch(t, r.top))
	www := scratch(t, r.top)
	nginx := startNginx(t, www)
	var all []exchange
	for _, format := range []struct{ name, accept string }{{"JPEG", ""}, {"WebP", browserAccept}} {
		body, tag := shown(t, url+path, "Accept: "+format.accept)
		file := filepath.Join(www, format.name)
		if err := os.WriteFile(file, body, 0o644); err != nil {
			t.Fatal(err)
		}
		accept := "Accept: " + format.accept
		urls := map[string]string{ours: url + path, static: nginx + "/" + format.name, bareGo: startBare(t, body, tag)}
		_, theirTag := shown(t, urls[static], accept)
		all = append(all,
			exchange{
				fmt.Sprintf("200, %s of %d bytes", format.name, len(body)),
				map[string][]string{ours: {accept}, static: {accept}, bareGo: {accept}},
				urls,
			},
			exchange{"304, " + format.name, map[string][]string{
				ours: {accept, "If-None-Match: " + tag}, bareGo: {accept, "If-None-Match: " + tag},
				static: {accept, "If-None-Match: " + theirTag},
			}, urls})
	}
	got := map[string]map[string][]float64{}
	for _, e := range all {
		got[e.name] = map[string][]float64{}
	}
	for range servingRounds {
		for _, e := range all {
			for _, name := range []string{ours, static, bareGo} {
				got[e.name][name] = append(got[e.name][name], load(t, e.urls[name], e.lines[name]))
			}
		}
	}
	s := section{
		title: "A rendition of 128 pixels, from memory",
		about: fmt.Sprintf("wrk with 64 connections that are kept alive, %d turns of %s each; requests a second. "+
			"Cameo and nginx write a line for each request to a log file; a handler over Go's net/http alone writes none.", servingRounds, servingTime),
		header: []string{"", "cameo, median", "best", "nginx, median", "best", "net/http alone, median", "best", "cameo to nginx"},
	}
	for _, e := range all {
		mine, their := got[e.name][ours], got[e.name][static]
		ratio := median(mine) / median(their)
		s.rows = append(s.rows, []string{
			e.name, number(median(mine)), number(slices.Max(mine)), number(median(their)), number(slices.Max(their)),
			number(median(got[e.name][bareGo])), number(slices.Max(got[e.name][bareGo])), number(ratio),
		})
		s.bounds = append(s.bounds, atLeast(e.name+", against nginx", ratio, servingShare, "of its requests a second"))
	}
	return []section{s}
}

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	return sorted[len(sorted)/2]
}

// startServing makes a photo, and runs the program anew with its log in a file. It returns the program's address and
// the path of a square of 128 pixels.
func startServing(t *testing.T, dir string) (url, path string) {
	t.Helper()
	child := servertest.Process(t, servertest.ProcessOptions{Data: filepath.Join(dir, "data")})
	child.WaitReady()
	jane := string(servertest.Person("jane"))
	child.Run("put", servertest.Photograph(t), "--server", child.URL, "--community", "1",
		"--token", child.Token(jane, false), "--associate", jane)
	var told struct{ URLs map[string]string }
	for until := time.Now().Add(time.Minute); told.URLs["128"] == "" && time.Now().Before(until); {
		text, _ := shown(t, child.URL+"/v1/communities/1/users/"+jane+"/photo", "Accept: application/json")
		if err := json.Unmarshal(text, &told); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	child.Signal(syscall.SIGTERM)
	child.Wait(20 * time.Second)
	url = "http://" + freeAddress(t)
	serveUntilEnd(t, dir, exec.Command(child.Program(), "serve", "--listen", url[len("http://"):],
		"--data", child.Data, "--ops-listen", "off", "--rate-address", "1000000000/10s"), url)
	return url, told.URLs["128"]
}

// startBare serves one picture by net/http alone, and returns its address.
func startBare(t *testing.T, picture []byte, tag string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
		_, _ = w.Write(picture)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// startNginx serves a folder, set as Debian delivers it, and returns its address.
func startNginx(t *testing.T, www string) string {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	text := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/pid; error_log %[1]s/error.log;
		events { worker_connections 768; }
		http { sendfile on; tcp_nopush on; access_log %[1]s/access.log; default_type image/jpeg;
			server { listen %[2]s; root %[3]s; } }`, dir, address, www)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// Its workers are another user's, who must be let in.
	for at := www; at != filepath.Dir(os.TempDir()) && at != "/"; at = filepath.Dir(at) {
		if about, err := os.Stat(at); err == nil && about.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(at, about.Mode().Perm()|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
	serveUntilEnd(t, dir, exec.Command("nginx", "-c", file), "http://"+address)
	return "http://" + address
}

// serveUntilEnd runs a server with its words in a file until the test ends, and returns when it answers.
func serveUntilEnd(t *testing.T, dir string, cmd *exec.Cmd, url string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			return
		}
	}
	t.Fatalf("%s does not answer", filepath.Base(cmd.Path))
}

// shown makes one request and returns the answer's body and ETag.
func shown(t *testing.T, url, accept string) ([]byte, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept[len("Accept: "):])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)", url, resp.Status, err)
	}
	return body, resp.Header.Get("ETag")
}

// load repeats a request for a turn, and returns how many were answered a second.
func load(t *testing.T, url string, lines []string) float64 {
	t.Helper()
	args := []string{"-t2", "-c64", "-d" + strconv.Itoa(int(servingTime.Seconds()))}
	for _, line := range lines {
		args = append(args, "-H", line)
	}
	said, err := exec.Command("wrk", append(args, url)...).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v\n%s", err, said)
	}
	if regexp.MustCompile(`Non-2xx|Socket errors`).Match(said) {
		t.Fatalf("%s was not served: %s", url, said)
	}
	rate := regexp.MustCompile(`Requests/sec:\s+([\d.]+)`).FindSubmatch(said)
	if rate == nil {
		t.Fatalf("wrk says no rate: %s", said)
	}
	n, err := strconv.ParseFloat(string(rate[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
