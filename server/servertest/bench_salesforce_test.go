//go:build bench && linux

package servertest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"cameo/server/servertest"
)

const (
	sfRounds  = 25
	sfCrowd   = 8
	sfSize    = 12_000_000 // bytes of the photograph, nearly
	sfShare   = 1.2        // of the time that Igloo's words take
	sfMostKB  = 24 << 10   // of memory for a request
	sfPhotoAt = "/services/data/v58.0/connect/user-profiles/me/photo"
)

// TestBenchSalesforce measures what a photo costs in the words of Salesforce Connect, until it is answered.
func TestBenchSalesforce(t *testing.T) {
	measureAll(t, emptyRig(t), report{file: "salesforce.md", title: "A photo of 12 MB in Salesforce's words"}, []measurement{
		{"time", measureConnectTime}, {"memory", measureConnectMemory},
	})
}

// grain is a JPEG of about sfSize bytes: noise, which is as large as it looks.
func grain(t *testing.T) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(12, 12))
	for side := 2000; ; side += 100 {
		img := image.NewYCbCr(image.Rect(0, 0, side, side), image.YCbCrSubsampleRatio420)
		for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
			for i := range plane {
				plane[i] = byte(random.Uint32())
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
			t.Fatal(err)
		}
		if b.Len() >= sfSize {
			return b.Bytes()
		}
	}
}

// connectBody is a multipart body with a picture and its crop.
func connectBody(crop string, picture []byte) (http.Header, []byte) {
	const boundary = "b0undary"
	var b bytes.Buffer
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n%s\r\n", boundary, crop)
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"fileUpload\"; filename=\"me.jpg\"\r\n\r\n", boundary)
	b.Write(picture)
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	return http.Header{"Content-Type": {"multipart/form-data; boundary=" + boundary}}, b.Bytes()
}

const crop100 = `{"cropX":"100","cropY":"100","cropSize":"1000"}`

// measureConnectTime sends one picture by turns: in one POST, and as Igloo's clients do, by three requests. Each turn
// waits until the photo before is made.
func measureConnectTime(t *testing.T, r *rig) []section {
	child := servertest.Process(t, servertest.ProcessOptions{Data: scratch(t, r.top), Unlimited: true})
	child.WaitReady()
	jane, picture := call(t, child), grain(t)
	head, body := connectBody(crop100, picture)
	const connect, igloo = "POST of Salesforce Connect", "POST, PATCH, POST of Igloo"
	flows := map[string]func(){
		connect: func() { jane.want(connect, jane.ask(http.MethodPost, sfPhotoAt, head, body), http.StatusCreated) },
		igloo: func() {
			key := keyOf(jane.want(igloo, jane.declare("me.jpg", "image/jpeg", int64(len(picture))), http.StatusCreated))
			jane.want(igloo, jane.jpeg(key, picture, 0, len(picture)), http.StatusOK)
			got, err := jane.associate(key)
			if err != nil {
				t.Fatal(err)
			}
			jane.want(igloo, got, http.StatusOK)
		},
	}
	took, names := map[string]times{}, []string{connect, igloo}
	for round := range sfRounds {
		for i := range names {
			name := names[(round+i)%len(names)]
			r.settle(t)
			begin := time.Now()
			flows[name]()
			took[name] = append(took[name], time.Since(begin))
			jane.wantPhoto()
		}
	}
	s := section{
		title: "Until it is answered",
		about: fmt.Sprintf("The same JPEG of %d bytes, %d times each, by turns. Salesforce's words have judged its structure and a crop by then.",
			len(picture), sfRounds),
		header: []string{"", "p50, ms", "p90, ms", "least, ms"},
	}
	for _, name := range names {
		s.rows = append(s.rows, []string{name, inMS(took[name].p50()), inMS(took[name].at(0.9)), inMS(took[name].at(0))})
	}
	s.bounds = []bound{atMost("Salesforce's against Igloo's", ms(took[connect].p50())/ms(took[igloo].p50()), sfShare, "of the time")}
	return []section{s}
}

// measureConnectMemory sends pictures whose crop is beyond their edge to servers that have done nothing before: each is
// judged while it is stored, and refused, and none is ever decoded.
func measureConnectMemory(t *testing.T, r *rig) []section {
	picture := grain(t)
	head, body := connectBody(`{"cropX":"0","cropY":"0","cropSize":"100000"}`, picture)
	s := section{
		title:  "Memory before a picture is decoded",
		about:  "How much the peak resident memory (VmHWM) of a fresh server grows: POSTs at once whose crop is refused when the picture was judged.",
		header: []string{"at once", "before, kB", "peak, kB", "for each, kB"},
	}
	for _, n := range []int{1, sfCrowd} {
		child := servertest.Process(t, servertest.ProcessOptions{Data: scratch(t, r.top), Unlimited: true})
		child.WaitReady()
		jane := call(t, child)
		jane.want("the photo", jane.ask(http.MethodGet, sfPhotoAt, nil, nil), http.StatusOK)
		before := peakMemory(t, child.PID())
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				if got := jane.ask(http.MethodPost, sfPhotoAt, head, body); got.status != http.StatusBadRequest {
					t.Errorf("got %v, want a refusal", got)
				}
			})
		}
		all.Wait()
		peak := peakMemory(t, child.PID())
		each := (peak - before) / n
		s.rows = append(s.rows, []string{strconv.Itoa(n), strconv.Itoa(before), strconv.Itoa(peak), strconv.Itoa(each)})
		s.bounds = append(s.bounds, atMost(fmt.Sprintf("a request of %d at once", n), float64(each), sfMostKB, "kB"))
	}
	return []section{s}
}
