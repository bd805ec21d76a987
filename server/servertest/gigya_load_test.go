//go:build (bench || soak) && linux

package servertest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cameo/server/servertest"
)

// gigyaPhoto is how large the largest photo is that Gigya takes, in bytes.
const gigyaPhoto = 6 << 20

// gigyaBusy is the errorCode for who is to come again.
const gigyaBusy = 403048

// encodedPhotograph is a real photograph, or its corner with so many pixels on each side, encoded so well as gigyaPhoto allows.
func encodedPhotograph(t *testing.T, corner int) []byte {
	t.Helper()
	original, err := os.ReadFile(servertest.Photograph(t))
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := jpeg.Decode(bytes.NewReader(original))
	if err != nil {
		t.Fatal(err)
	}
	if part, ok := pixels.(*image.YCbCr); ok && corner > 0 {
		pixels = part.SubImage(image.Rect(0, 0, corner, corner))
	}
	var file []byte
	for quality := 97; file == nil || len(file) > gigyaPhoto-commentHead; quality-- {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, pixels, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		file = b.Bytes()
	}
	return file
}

// commentHead is what stands before the text of a JPEG's comment, in bytes.
const commentHead = 4

// largestPhotograph is a photograph with comments that make it exactly as large.
func largestPhotograph(t *testing.T, corner int) []byte {
	t.Helper()
	const most, head = 0xFFFF - 2, commentHead
	file := encodedPhotograph(t, corner)
	var comments []byte
	for left := gigyaPhoto - len(file); left > 0; {
		n := min(left-head, most)
		if rest := left - head - n; rest > 0 && rest < head {
			n -= head
		}
		comments = append(comments, 0xFF, 0xFE, byte((n+2)>>8), byte(n+2))
		comments = append(comments, make([]byte, n)...)
		left -= head + n
	}
	file = slices.Insert(file, 2, comments...)
	if len(file) != gigyaPhoto {
		t.Fatalf("got %d bytes, want %d", len(file), gigyaPhoto)
	}
	return file
}

// gigyaClient is the server of a site whose photos a child keeps.
type gigyaClient struct {
	web    *http.Client
	url    string
	site   gigyaSite
	key    []byte // the site's secret
	nonces atomic.Int64
}

// newGigyaClient makes a site.
func newGigyaClient(t *testing.T, web *http.Client, child *servertest.Child) *gigyaClient {
	t.Helper()
	g := &gigyaClient{web: web, url: child.URL}
	made := child.Run("site", "add", "--community", "1", "--data", child.Data)
	if err := json.Unmarshal([]byte(made), &g.site); err != nil {
		t.Fatalf("%v: %s", err, made)
	}
	var err error
	if g.key, err = base64.StdEncoding.DecodeString(g.site.Secret); err != nil {
		t.Fatal(err)
	}
	return g
}

// form is a signed call of accounts.setProfilePhoto, which is good for two minutes.
func (g *gigyaClient) form(uid, photo, publish string) string {
	p := url.Values{
		"apiKey": {g.site.APIKey}, "UID": {uid}, "photoBytes": {photo}, "publish": {publish},
		"timestamp": {fmt.Sprint(time.Now().Unix())}, "nonce": {fmt.Sprint("n", g.nonces.Add(1))},
	}
	form := p.Encode() // in the order of the names, as it is signed
	mac := hmac.New(sha1.New, g.key)
	mac.Write([]byte("POST&" + url.QueryEscape(g.url+"/accounts.setProfilePhoto") + "&" +
		url.QueryEscape(strings.ReplaceAll(form, "+", "%20"))))
	return form + "&sig=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// set makes a call, and returns its errorCode.
func (g *gigyaClient) set(ctx context.Context, form string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/accounts.setProfilePhoto", strings.NewReader(form))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := g.web.Do(r)
	if err != nil {
		return 0, err
	}
	defer got.Body.Close()
	var told struct {
		ErrorCode    int    `json:"errorCode"`
		ErrorDetails string `json:"errorDetails"`
	}
	if err := json.NewDecoder(got.Body).Decode(&told); err != nil {
		return 0, err
	}
	if told.ErrorCode != 0 {
		return told.ErrorCode, fmt.Errorf("got %d: %s", told.ErrorCode, told.ErrorDetails)
	}
	return 0, nil
}

// gigyaFlood sets a photo of many users at once, and returns how often one was told to come again.
func gigyaFlood(t *testing.T, site *gigyaClient, photo string, many int) int {
	t.Helper()
	forms := make([]string, many)
	for n := range forms {
		forms[n] = site.form(fmt.Sprint("user ", n), photo, "true")
	}
	var all sync.WaitGroup
	var again atomic.Int64
	for n, form := range forms {
		all.Go(func() {
			code, err := site.set(t.Context(), form)
			for code == gigyaBusy {
				again.Add(1)
				time.Sleep(time.Second)
				code, err = site.set(t.Context(), site.form(fmt.Sprint("user ", n), photo, "true"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return int(again.Load())
}
