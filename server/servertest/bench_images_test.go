//go:build bench && linux

package servertest_test

import (
	"bytes"
	"cmp"
	"fmt"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cameo/association/imaging/imagingtest"
)

// photographs are files of Debian's lomiri-wallpapers-16.04 and mate-backgrounds.
var photographs = [...]string{
	"picosdeeuropa_by_Aitzol_Berasategi.jpg", "Dragonfly_by_Bolly.jpg", "seeding_by_Clements_Engelhardt.jpg",
	"mate/abstract/Elephants_5640x3172.jpg",
}

// imageCase is one kind of file that a phone or a browser sends, and what rendering it may cost.
type imageCase struct {
	title         string
	width, height int    // as stored
	options       string // of the file, in the words of libvips
	rounds        int
	cpu           float64 // of libvips' processor time, at most
	peak          float64 // MB of memory, at most; 0: no bound
	near          float64 // dB of PSNR of luma at 1024 pixels, at least; 0: no bound
}

var imageCases = [...]imageCase{
	{"12 megapixels, JPEG", 4000, 3000, ".jpg[Q=90,strip,subsample-mode=on]", 9, 0.95, 64, 46},
	{"48 megapixels, JPEG", 8000, 6000, ".jpg[Q=90,strip,subsample-mode=on]", 5, 1.8, 160, 0},
	{"12 megapixels, progressive JPEG", 4000, 3000, ".jpg[Q=90,strip,interlace,subsample-mode=on]", 5, 1.3, 0, 0},
	{"12 megapixels, PNG", 4000, 3000, ".png[strip]", 3, 3, 0, 0},
}

// TestBenchImages measures what it costs to make the five squares of a photograph, beside libvips and sharp.
func TestBenchImages(t *testing.T) {
	r := &rig{top: t.TempDir(), load: loadAverage(t)}
	r.disk = fileSystem(t, r.top)
	all := imagePeers(t, r.top)
	var measurements []measurement
	for _, c := range imageCases {
		measurements = append(measurements, measurement{c.title, func(t *testing.T, r *rig) []section {
			return []section{measureImages(t, r, all, c)}
		}})
	}
	measurements = append(measurements, measurement{"bombs", func(t *testing.T, r *rig) []section {
		return []section{measureBombs(t, r, all[0])}
	}})
	versions := []string{"libvips: " + vipsVersion(t), "sharp: " + sharpVersion}
	measureAll(t, r, report{file: "images.md", title: "photographs", peers: versions}, measurements)
}

func measureImages(t *testing.T, r *rig, peers []imagePeer, c imageCase) section {
	turned := "orientation 6"
	if strings.HasPrefix(c.options, ".png") {
		turned = "not turned"
	}
	s := section{
		title: c.title,
		about: fmt.Sprintf("%d × %d pixels, %s, to the upright centre square in 1024, 512, 256, 128 and 64 "+
			"pixels as JPEG of quality 90, 4:2:0. Processor time is the median of %d, by turns.", c.width, c.height, turned, c.rounds),
		header: []string{"", "processor time, ms", "of libvips", "peak memory, MB"},
	}
	total, peaks, nearest := map[string]float64{}, map[string]float64{}, 1000.0
	for _, name := range photographs {
		file := photograph(t, r, name, c)
		times := byTurns(t, peers, file, c.rounds)
		for _, p := range peers {
			_, _, peak := p.alone(t, file)
			peaks[p.name] = max(peaks[p.name], peak)
			total[p.name] += times[p.name]
		}
		if c.near > 0 {
			nearest = min(nearest, nearness(t, r, peers[0], file))
		}
	}
	for _, p := range peers {
		s.rows = append(s.rows, []string{
			p.name, number(total[p.name] / float64(len(photographs))),
			fmt.Sprintf("%.2f", total[p.name]/total[vips]), number(peaks[p.name]),
		})
	}
	s.bounds = append(s.bounds, atMost("processor time of libvips'", total[ours]/total[vips], c.cpu, "times"))
	if c.peak > 0 {
		s.bounds = append(s.bounds, atMost("peak memory of cameo", peaks[ours], c.peak, "MB"))
	}
	if c.near > 0 {
		s.bounds = append(s.bounds, atLeast("PSNR of the luma at 1024, the worst photograph", nearest, c.near, "dB"))
	}
	return s
}

// byTurns gives each peer's median processor time in milliseconds.
func byTurns(t *testing.T, peers []imagePeer, file string, rounds int) map[string]float64 {
	t.Helper()
	took := map[string][]float64{}
	for round := range rounds {
		for i := range peers {
			p := peers[(i+round)%len(peers)]
			took[p.name] = append(took[p.name], p.render(t, file))
		}
	}
	medians := map[string]float64{}
	for name, all := range took {
		slices.SortFunc(all, cmp.Compare[float64])
		medians[name] = all[len(all)/2]
	}
	return medians
}

// photograph makes a file of the case's kind that is stored lying on its side, as phones do.
func photograph(t *testing.T, r *rig, name string, c imageCase) string {
	t.Helper()
	kind := filepath.Ext(c.options[:4])
	plain := filepath.Join(r.top, "plain"+kind)
	from := filepath.Join("/usr/share/backgrounds", name)
	prepare(t, from, filepath.Join(r.top, "plain")+c.options, c.width, c.height)
	if kind != ".jpg" {
		return plain
	}
	b, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	exif := "\xFF\xE1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	turned := filepath.Join(r.top, "turned"+kind)
	if err := os.WriteFile(turned, slices.Concat(b[:2], []byte(exif), b[2:]), 0o600); err != nil {
		t.Fatal(err)
	}
	return turned
}

// nearness is how near the largest square is to that of the textbook's filter, in decibels.
func nearness(t *testing.T, r *rig, p imagePeer, file string) float64 {
	t.Helper()
	made := filepath.Join(r.top, "square.png")
	p.render(t, file+" "+made)
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	source, err := jpeg.Decode(bytes.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	want := imagingtest.LumaOf(source).Square().Turned().Lanczos3(1024, 1024)
	return imagingtest.LumaOf(got).PSNR(want)
}

// measureBombs gives files that would take a decoder seconds to our renderer alone: they must be refused.
func measureBombs(t *testing.T, r *rig, p imagePeer) section {
	s := section{
		title:  "Bombs",
		about:  "Files that would take a decoder seconds or hundreds of megabytes, and the processor time until each is refused.",
		header: []string{"", "reason", "size, kB", "refused after, ms", "memory above that of a tiny picture and the file, MB"},
	}
	tiny := filepath.Join(r.top, "tiny.jpg")
	prepare(t, filepath.Join("/usr/share/backgrounds", photographs[0]), tiny, 16, 16)
	_, _, base := p.alone(t, tiny)
	worst, most := 0.0, 0.0
	for _, b := range imageBombs(t) {
		path := filepath.Join(r.top, "bomb")
		if err := os.WriteFile(path, b.file, 0o600); err != nil {
			t.Fatal(err)
		}
		took, reason, peak := p.alone(t, path)
		if reason == "" {
			t.Fatalf("%s is accepted", b.name)
		}
		extra := max(peak-base-float64(len(b.file))/1e6, 0)
		worst, most = max(worst, took), max(most, extra)
		s.rows = append(s.rows, []string{b.name, reason, number(float64(len(b.file)) / 1000), number(took), number(extra)})
	}
	s.bounds = append(s.bounds,
		atMost("time until the slowest is refused", worst, 200, "ms"),
		atMost("memory of the largest", most, 32, "MB"))
	return s
}
