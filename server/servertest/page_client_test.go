package servertest_test

import (
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// sender is a page of another origin that sends two files with our client for browsers: a photograph over a line that
// breaks, and what is no picture. It says what became of them.
const sender = `<!doctype html><script type=module>
import { Cameo, Refused } from %[1]q;
const me = %[3]q, said = [];
let waits = 0, most = 0;
const cameo = new Cameo({ server: %[2]q, community: 1, token: %[4]q });
const file = async (name) => new File([await (await fetch(name)).blob()], name, { type: "image/jpeg" });
const onprogress = (sent, size) => { if (sent > size) said.push("sent " + sent + " of " + size); most = Math.max(most, sent); };
try {
  const good = await file("good.jpg");
  const key = await cameo.upload(good, { onprogress, onwait: () => waits++ });
  await cameo.associate(key, me);
  const photo = await cameo.settled(me);
  said.push("key " + key, "state " + photo.state, "all " + (most === good.size), "waited " + (waits > 0));
} catch (err) { said.push("failed " + err.stack); }
try {
  await cameo.upload(await file("bad.jpg"));
} catch (err) { said.push("refused " + (err instanceof Refused), err.status + " " + err.reason, err.message); }
said.push("left " + localStorage.getItem("cameo.uploads"));
const stop = new AbortController();
setTimeout(() => stop.abort("enough"), 400);
try { await cameo.upload(await file("other.jpg"), { signal: stop.signal }); } catch (err) { said.push("stopped " + err); }
said.push("kept " + Object.values(JSON.parse(localStorage.getItem("cameo.uploads"))).length);
await fetch("/said", { method: "POST", body: said.join("\n") });
</script>`

// Our client for browsers, in a browser, from a page of another origin, over a line that breaks all the time.
func TestTheClientForBrowsers(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	noisy, chance := image.NewNRGBA(image.Rect(0, 0, 900, 900)), seeded(t, 5)
	for i := range noisy.Pix {
		noisy.Pix[i] = byte(chance.Uint32()) | 0xff*byte(i%4/3) // opaque
	}
	photograph, heard := jpegOf(t, noisy), make(chan string, 1)
	page := httptest.NewUnstartedServer(nil)
	origin := "http://" + page.Listener.Addr().String()
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.CORSOrigin = []boot.Origin{boot.Origin(origin)} }))
	jane := callInstance(t, i)
	phone := newPhone(t, 5, i.URL)
	text := fmt.Sprintf(sender, i.URL+"/js/cameo.js", phone.url, servertest.Person("jane"), jane.token)
	page.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good.jpg", "/other.jpg":
			_, _ = w.Write(photograph)
		case "/bad.jpg":
			fmt.Fprint(w, strings.Repeat("this is no picture ", 100))
		case "/said":
			b, _ := io.ReadAll(r.Body)
			heard <- string(b)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, text)
		}
	})
	page.Start()
	t.Cleanup(page.Close)
	said := hear(t, browser, page.URL, heard)
	for _, want := range []string{
		"state ready", "all true", "waited true", "refused true", "415 not_an_image", "left {}", "stopped enough", "kept 1",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if phone.cuts.Load() == 0 {
		t.Error("the line never broke")
	}
	key := regexp.MustCompile(`key (\w{10})`).FindStringSubmatch(said)
	if len(key) != 2 {
		t.Fatalf("no key: %s", said)
	}
	jane.wantWhole(key[1], photograph)
	if t.Failed() {
		t.Log(said)
	}
}

// hear opens a page and waits for what it says.
func hear(t *testing.T, browser, at string, heard <-chan string) string {
	t.Helper()
	keepOpen(t, browser, at)
	select {
	case said := <-heard:
		return said
	case <-time.After(within(90 * time.Second)):
		t.Fatalf("%s says nothing", at)
		return ""
	}
}

// keepOpen shows a page in a browser until the test ends, in real time.
func keepOpen(t *testing.T, browser, at string) {
	t.Helper()
	shown := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), at)
	shown.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children
	if err := shown.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-shown.Process.Pid, syscall.SIGKILL)
		_ = shown.Wait()
	})
}
