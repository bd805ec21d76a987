//go:build bench && linux

package servertest_test

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cameo/association/imaging/imagingtest"
)

const vips = "libvips"

// sharpVersion is that of deploy/tools/sharp/package.json.
const sharpVersion = "0.35.5"

// imagePeer makes renditions in a process of its own, on one core: a line with a file's path goes in, the
// processor time in milliseconds comes out.
type imagePeer struct {
	name    string
	command []string
	in      io.WriteCloser
	out     *bufio.Scanner
}

// imagePeers are Cameo first, libvips, and sharp where npm could install it.
func imagePeers(t *testing.T, top string) []imagePeer {
	t.Helper()
	program := filepath.Join(top, "renderer")
	build := exec.Command("go", "build", "-tags", "nodynamic,bench", "-o", program, "cameo/server/servertest/renderer")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	all := []imagePeer{{name: ours, command: []string{program}}, {name: vips, command: []string{vipsProgram(t)}}}
	if dir := os.Getenv("CAMEO_BENCH_SHARP"); dir != "" {
		if _, err := os.Stat(dir); err == nil {
			all = append(all, imagePeer{name: "sharp", command: []string{"node", filepath.Join(dir, "cascade.mjs")}})
		}
	}
	for i := range all {
		all[i] = all[i].start(t)
	}
	return all
}

func vipsProgram(t *testing.T) string {
	t.Helper()
	program := os.Getenv("CAMEO_BENCH_VIPS")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("CAMEO_BENCH_VIPS: %v: make bench builds it over Debian's libvips-dev", err)
	}
	return program
}

func vipsVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("pkg-config", "--modversion", "vips").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func prepare(t *testing.T, from, to string, width, height int) {
	t.Helper()
	out, err := exec.Command(vipsProgram(t), from, to, strconv.Itoa(width), strconv.Itoa(height)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func (p imagePeer) process() *exec.Cmd {
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Env, cmd.Stderr = append(cmd.Environ(), "GOMAXPROCS=1"), os.Stderr
	return cmd
}

// start starts the process that lives as long as the test.
func (p imagePeer) start(t *testing.T) imagePeer {
	t.Helper()
	p, cmd := p.begin(t)
	t.Cleanup(func() {
		p.in.Close()
		_ = cmd.Wait()
	})
	return p
}

// begin starts a process and connects to it. The caller closes in and waits for the process.
func (p imagePeer) begin(t *testing.T) (imagePeer, *exec.Cmd) {
	t.Helper()
	cmd := p.process()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewScanner(out)
	return p, cmd
}

// render returns the processor time in milliseconds.
func (p imagePeer) render(t *testing.T, line string) float64 {
	t.Helper()
	took, reason := p.answer(t, line)
	if reason != "" {
		t.Fatalf("%s refuses %s: %s", p.name, line, reason)
	}
	return took
}

// answer returns the processor time in milliseconds, and the reason of a refusal.
func (p imagePeer) answer(t *testing.T, line string) (took float64, reason string) {
	t.Helper()
	fmt.Fprintln(p.in, line)
	if !p.out.Scan() {
		t.Fatalf("%s ended over %s", p.name, line)
	}
	number, reason, _ := strings.Cut(p.out.Text(), " ")
	took, err := strconv.ParseFloat(number, 64)
	if err != nil {
		t.Fatal(err)
	}
	return took, reason
}

// alone gives one file to a process of its own, and returns its answer and the most memory that it held, in MB.
func (p imagePeer) alone(t *testing.T, file string) (took float64, reason string, peak float64) {
	t.Helper()
	p, cmd := p.begin(t)
	took, reason = p.answer(t, file)
	peak = float64(peakMemory(t, cmd.Process.Pid)) / 1000
	p.in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return took, reason, peak
}

// imageBomb is a file that must be refused.
type imageBomb struct {
	name string
	file []byte
}

func imageBombs(t *testing.T) []imageBomb {
	t.Helper()
	scan := "\xFF\xDA\x00\x08\x01\x01\x00\x01\x3F\x10"
	scans := "\xFF\xD8\xFF\xC2\x00\x0B\x08\x1B\x58\x1B\x58\x01\x01\x11\x00" + strings.Repeat(scan, 20_000) + "\xFF\xD9"
	frame := "\x2C\x00\x00\x00\x00\xA0\x0F\xA0\x0F\x00\x02\x02\x44\x01\x00"
	frames := "GIF89a\xA0\x0F\xA0\x0F\x80\x00\x00\x00\x00\x00\xFF\xFF\xFF" + strings.Repeat(frame, 40) + ";"
	chunks := bytes.Repeat(pngChunk("tEXt", ""), 1_000_000)
	return []imageBomb{
		{"JPEG of 7000 × 7000 pixels with 20,000 scans", []byte(scans)},
		{"GIF of 40 frames of 4000 × 4000 pixels", []byte(frames)},
		{"PNG of 12000 × 12000 zeros", builtPNG(12000, deflated(t, 12000*12001))},
		{"PNG of 65535 × 65535 pixels", builtPNG(65535, nil)},
		{"PNG with a million chunks", builtPNG(64, nil, chunks)},
		{"PNG with a profile of 400 MB", builtPNG(64, nil, pngChunk("iCCP", "p\x00\x00"+string(deflated(t, 400<<20))))},
		{"lossless WebP of 204 × 204 pixels with 2,600 groups of prefix codes", imagingtest.ManyCodes(2600)},
		{"64 MiB of marks without an end", append([]byte("\xFF\xD8\xFF"), bytes.Repeat([]byte{0xFF, 0}, 32<<20-8)...)},
	}
}

func builtPNG(side uint32, data []byte, more ...[]byte) []byte {
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	parts := [][]byte{[]byte("\x89PNG\r\n\x1A\n"), pngChunk("IHDR", string(append(size, 8, 0, 0, 0, 0)))}
	parts = append(append(parts, more...), pngChunk("IDAT", string(data)), pngChunk("IEND", ""))
	return bytes.Join(parts, nil)
}

// deflated are n zeros as zlib packs them.
func deflated(t *testing.T, n int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	for zeros := make([]byte, 1<<20); n > 0; n -= int64(len(zeros)) {
		if _, err := w.Write(zeros[:min(n, int64(len(zeros)))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
