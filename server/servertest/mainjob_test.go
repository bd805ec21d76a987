package servertest_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // renditions are JPEG
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"cameo/server/servertest"
)

// The main job: a real photograph goes up in parts that are cut, the server is killed and started again, the
// upload is resumed and becomes the person's photo, and what comes back is what was sent.
func TestTheMainJob(t *testing.T) {
	t.Parallel()
	photograph := servertest.Photograph(t)
	content, err := os.ReadFile(photograph)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("over HTTP", func(t *testing.T) { mainJobOverHTTP(t, content) })
	t.Run("by cameo put", func(t *testing.T) { mainJobByPut(t, photograph, content) })
}

func mainJobOverHTTP(t *testing.T, content []byte) {
	t.Parallel()
	child := servertest.Process(t, servertest.ProcessOptions{})
	child.WaitReady()
	jane, chance := call(t, child), seeded(t, 11)
	created := jane.want("create", jane.declare("elephants.jpg", "image/jpg", int64(len(content))), http.StatusCreated)
	key, total := keyOf(created), len(content)
	acked := total / 4
	jane.want("a quarter", jane.jpeg(key, content, 0, acked), http.StatusAccepted)

	cut := acked + 1 + chance.IntN(total/2)
	l := jane.dial()
	l.say(jane.head(http.MethodPatch, entry(key), "Content-Type: image/jpg",
		fmt.Sprintf("Content-Range: bytes %d-%d/%d", acked, total-1, total),
		fmt.Sprintf("Content-Length: %d", total-acked)) + "\r\n" + string(content[acked:cut]))
	if err := l.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	jane.want("the cut PATCH", l.must(http.MethodPatch), http.StatusBadRequest)
	child.Kill()
	child.Start()
	child.WaitReady()

	if at := jane.stand(key); at != cut {
		t.Fatalf("after cut and kill: got offset %d, want %d", at, cut)
	}
	jane.want("the rest", jane.jpeg(key, content, cut, total), http.StatusOK)
	got, err := jane.associate(key)
	if err != nil {
		t.Fatal(err)
	}
	jane.want("associate", got, http.StatusOK)
	jane.wantPhoto()
	jane.wantWhole(key, content)
	jane.wantSquare()
	child.Kill()
	wantTidy(t, child.Data)
}

// jpeg is patch for a JPEG.
func (c *caller) jpeg(key string, content []byte, from, to int) answer {
	c.t.Helper()
	h := ranged(from, to, len(content))
	h.Set("Content-Type", "image/jpg")
	return c.ask(http.MethodPatch, entry(key), h, content[from:to])
}

// wantSquare wants jane's photo to be a picture of 256 × 256 pixels.
func (c *caller) wantSquare() {
	c.t.Helper()
	got := c.want("the square", c.ask(http.MethodGet, picture()+"?size=256", nil, nil), http.StatusOK)
	img, _, err := image.Decode(bytes.NewReader(got.body))
	if err != nil {
		c.t.Fatalf("the square cannot be read: %v", err)
	}
	if size := img.Bounds().Size(); size != image.Pt(256, 256) {
		c.t.Errorf("got a picture of %v pixels, want 256 × 256", size)
	}
}

func mainJobByPut(t *testing.T, photograph string, content []byte) {
	t.Parallel()
	address, state := freeAddress(t), t.TempDir() // the same address after the restart: put waits for it
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--listen", address}})
	child.WaitReady()
	jane, person := call(t, child), string(servertest.Person("jane"))
	line, err := servertest.NewLine(child.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	line.Allow(int64(len(content) / 3)) // then it breaks
	put := func(patience string) (string, error) {
		cmd := exec.CommandContext(t.Context(), child.Program(), "put", photograph, "--server", line.URL(),
			"--associate", person, "--chunk-size", "1MiB", "--patience", patience)
		cmd.Env = append(os.Environ(), "CAMEO_TOKEN="+jane.token, "XDG_STATE_HOME="+state)
		var said bytes.Buffer
		cmd.Stderr = &said
		key, err := cmd.Output()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said.String())
		}
		return strings.TrimSpace(string(key)), err
	}
	_, err = put("1s")
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 5 {
		t.Fatalf("the first put: got %v, want exit code 5: interrupted, and can be resumed", err)
	}
	child.Kill()
	child.Start()
	child.WaitReady()
	line.Allow(1 << 40)
	before := line.Carried()
	key, err := put("20s")
	if err != nil {
		t.Fatal(err)
	}
	if sent := line.Carried() - before; sent > int64(len(content)*3/4) {
		t.Errorf("the second put sent %d bytes of %d, want it to go on where the first one was cut", sent, len(content))
	}
	jane.wantPhoto()
	jane.wantWhole(key, content)
	jane.wantSquare()
	child.Kill()
	wantTidy(t, child.Data)
}
