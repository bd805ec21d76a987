//go:build linux

package servertest_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"sync"
	"testing"
	"time"

	"cameo/association/imaging/imagingtest"
	"cameo/server/servertest"
)

// A07: a hundred bombs at once are refused, each with its reason, in bounded memory, and a good photo that comes behind
// them waits hardly longer than it would alone.
func TestA07BombsDelayNobody(t *testing.T) {
	servertest.Long(t, "renders beside a hundred bombs")
	t.Parallel()
	const bombs, delay, memory = 100, 2 * time.Second, 256 << 10 // kB
	child := servertest.Process(t, servertest.ProcessOptions{Flags: []string{"--max-open", "0"}})
	child.WaitReady()
	root := call(t, child)
	root.token = child.Token(string(servertest.Person("root")), true)
	good := jpegOf(t, image.NewRGBA(image.Rect(0, 0, 1200, 900)))
	begin := time.Now()
	root.show("before", "image/jpeg", good)
	alone := time.Since(begin)

	kinds := bombFiles(t)
	keys := make([]string, bombs)
	for i := range keys {
		b := kinds[i%len(kinds)]
		keys[i] = root.upload(b.kind, b.file)
	}
	behind := root.upload("image/jpeg", good)
	before := peakMemory(t, child.PID())
	var all sync.WaitGroup
	for hand := range 10 {
		all.Go(func() {
			for i := hand; i < bombs; i += 10 {
				root.present(fmt.Sprint("bomb ", i), keys[i])
			}
		})
	}
	all.Wait()
	begin = time.Now()
	root.present("after", behind)
	if d := root.photoOf("after"); d.State != "ready" {
		t.Errorf("the good photo is %s: %s", d.State, d.Reason)
	}
	t.Logf("behind %d bombs a photo took %v, alone %v", bombs, time.Since(begin), alone)
	if took := time.Since(begin); took > alone+within(delay) {
		t.Errorf("behind %d bombs a photo took %v, alone %v", bombs, took, alone)
	}
	for i := range keys {
		want := kinds[i%len(kinds)]
		if d := root.photoOf(fmt.Sprint("bomb ", i)); d.State != "failed" || d.Reason != want.reason {
			t.Errorf("%s: got %s for %q, want failed for %q", want.name, d.State, d.Reason, want.reason)
		}
	}
	if grown := peakMemory(t, child.PID()) - before; grown > memory {
		t.Errorf("the process grew by %d kB, want at most %d", grown, memory)
	}
}

// bomb is a small file that takes much to decode.
type bomb struct {
	name, kind, reason string
	file               []byte
}

func bombFiles(t *testing.T) []bomb {
	t.Helper()
	grown := func(side uint16) []byte { // what its header says
		file := jpegOf(t, image.NewGray(image.Rect(0, 0, 64, 64)))
		at := bytes.Index(file, []byte{0xFF, 0xC0}) + 5
		binary.BigEndian.PutUint16(file[at:], side)
		binary.BigEndian.PutUint16(file[at+2:], side)
		return file
	}
	scans := append([]byte("\xFF\xD8"), marked(0xC2, "\x08\x1B\x58\x1B\x58\x01\x01\x11\x00")...) // 7000 × 7000
	scans = append(append(scans, bytes.Repeat(marked(0xDA, "\x01\x01\x00\x01\x3F\x10"), 1000)...), 0xFF, 0xD9)
	small := pngOf(t, image.NewGray(image.Rect(0, 0, 64, 64)))
	profile := bytes.Join([][]byte{small[:33], pngChunk("iCCP", "p\x00\x00"+packed(t, 16<<20)), small[33:]}, nil)
	frames := []byte("GIF89a\x10\x00\x10\x00\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF")
	frames = append(append(frames, bytes.Repeat([]byte("\x2C\x00\x00\x00\x00\x10\x00\x10\x00\x00\x02\x02\x44\x01\x00"), 10_000)...), ';')
	return []bomb{
		{"JPEG of 65535²", "image/jpeg", "too_many_pixels", grown(65535)},
		{"JPEG with 1,000 scans", "image/jpeg", "too_many_scans", scans},
		{"PNG of 12000²", "image/png", "too_many_pixels", zeroPNG(t, 12000)},
		{"PNG with 16 MB of profile", "image/png", "too_much_metadata", profile},
		{"GIF with 10,000 frames", "image/gif", "too_many_frames", frames},
		{"WebP of 2,600 groups of codes", "image/webp", "unsupported_coding", imagingtest.ManyCodes(2600)},
	}
}

// marked is a segment of a JPEG.
func marked(marker byte, body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2)), body...)
}

func pngChunk(kind, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// zeroPNG is a gray PNG that says it has side × side pixels, of which the first lines are there.
func zeroPNG(t *testing.T, side uint32) []byte {
	t.Helper()
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	return bytes.Join([][]byte{
		[]byte("\x89PNG\r\n\x1A\n"), pngChunk("IHDR", string(size)+"\x08\x00\x00\x00\x00"),
		pngChunk("IDAT", packed(t, 1<<20)), pngChunk("IEND", ""),
	}, nil)
}

// packed are n zeros as zlib packs them.
func packed(t *testing.T, n int64) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := io.CopyN(w, zeros{}, n); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type zeros struct{}

// Read is io.Reader's.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
