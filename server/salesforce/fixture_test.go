package salesforce_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cameo/association"
	"cameo/server/servertest"
	"cameo/storage"
)

const (
	v58   = "/services/data/v58.0"
	photo = v58 + "/connect/user-profiles/me/photo"
)

// caller asks an instance as somebody.
type caller struct {
	*testing.T
	at   *servertest.Instance
	auth string // Authorization; "": none
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) String() string { return fmt.Sprintf("%s %v %.300s", a.Status, a.Header, a.body) }

func start(t *testing.T, options ...servertest.Option) *caller {
	t.Helper()
	i := servertest.Start(t, options...)
	return &caller{t, i, "Bearer " + i.Token(servertest.Person("jane"))}
}

// as is another person.
func (c *caller) as(name string, admin ...storage.Community) *caller {
	return &caller{c.T, c.at, "Bearer " + c.at.Token(servertest.Person(name), admin...)}
}

// ask sends a request with headers given as name and value in turn.
func (c *caller) ask(method, path string, body io.Reader, headers ...string) answer {
	c.Helper()
	if !strings.HasPrefix(path, "http") {
		path = c.at.URL + path
	}
	r, err := http.NewRequestWithContext(c.Context(), method, path, body)
	if err != nil {
		c.Fatal(err)
	}
	if c.auth != "" {
		r.Header.Set("Authorization", c.auth)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	got, err := c.at.HTTP.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		c.Fatal(err)
	}
	return answer{got, b}
}

// want is ask for an answer with this status.
func (c *caller) want(status int, method, path string, body io.Reader, headers ...string) answer {
	c.Helper()
	got := c.ask(method, path, body, headers...)
	if got.StatusCode != status {
		c.Fatalf("%s %s: got %v, want %d", method, path, got, status)
	}
	return got
}

// refused is want for an array of one error with that code.
func (c *caller) refused(status int, code, method, path string, body io.Reader, headers ...string) string {
	c.Helper()
	got := c.want(status, method, path, body, headers...)
	var all []struct{ ErrorCode, Message string }
	if err := json.Unmarshal(got.body, &all); err != nil || len(all) != 1 || all[0].ErrorCode != code || all[0].Message == "" {
		c.Errorf("%s %s: got %v, want an array with %s", method, path, got, code)
		return ""
	}
	return all[0].Message
}

// resource reads a Photo.
func (a answer) resource(t *testing.T) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%v: %v", a, err)
	}
	return p
}

// version is that of the photo at path; "" for none.
func (c *caller) version(path string) string {
	c.Helper()
	v, _ := c.want(http.StatusOK, http.MethodGet, path, nil).resource(c.T)["photoVersionId"].(string)
	return v
}

// ready waits until the person's newest photo is no longer pending, and wants it so.
func (c *caller) ready(name, state string) {
	c.Helper()
	node, person := c.at.Node(), servertest.Person(name)
	for until := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		p, err := node.Photos.Newest(c.Context(), 1, person)
		if err != nil {
			c.Fatal(err)
		}
		if p.State.String() == state {
			return
		}
		if p.State != association.Pending || time.Now().After(until) {
			c.Fatalf("the photo of %s is %s (%s), want %s", name, p.State, p.Reason, state)
		}
	}
}

// picture reads a picture that must be there.
func (c *caller) picture(url string) image.Image {
	c.Helper()
	got := c.want(http.StatusOK, http.MethodGet, url, nil)
	img, _, err := image.Decode(bytes.NewReader(got.body))
	if err != nil {
		c.Fatalf("%s: %v", url, err)
	}
	return img
}

// quarters is a PNG of w × h pixels, of another colour in each quarter.
func quarters(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, colours[2*(2*y/h)+2*x/w])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// colours are red, green, blue and yellow: the quarters from left to right, the upper ones first.
var colours = [4]color.RGBA{{220, 20, 20, 255}, {20, 180, 20, 255}, {20, 20, 220, 255}, {220, 220, 20, 255}}

// like allows for what JPEG does to a colour.
func like(got color.Color, want color.RGBA) bool {
	r, g, b, _ := got.RGBA()
	near := func(a uint32, b uint8) bool { return max(a>>8, uint32(b))-min(a>>8, uint32(b)) < 40 }
	return near(r, want.R) && near(g, want.G) && near(b, want.B)
}

// multipartBody is written by hand: what clients send, no library of ours corrects.
func multipartBody(boundary string, parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("--" + boundary + "\r\n" + part + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return b.String()
}

func binaryPart(name, content string) string {
	return `Content-Disposition: form-data; name="` + name + `"; filename="me.png"` + "\r\n" +
		"Content-Type: application/octet-stream; charset=ISO-8859-1\r\n\r\n" + content
}

func rich(name, text string) string {
	return `Content-Disposition: form-data; name="` + name + `"` + "\r\n" +
		"Content-Type: application/json; charset=UTF-8\r\n\r\n" + text
}

const asParts = "multipart/form-data; boundary=xyz"

// post sends parts.
func (c *caller) post(parts ...string) answer {
	c.Helper()
	return c.ask(http.MethodPost, photo, strings.NewReader(multipartBody("xyz", parts...)), "Content-Type", asParts)
}

// uploads are those of jane, whatever their state.
func (c *caller) uploads() []storage.Upload {
	c.Helper()
	all, err := c.at.Node().Photos.Uploads.List(c.Context(), storage.Listing{
		Community: 1, Owner: servertest.Person("jane").Subject(), N: 200,
	})
	if err != nil {
		c.Fatal(err)
	}
	return all
}

// upload makes a finished upload of the person by Igloo, and returns its file id.
func (c *caller) upload(content []byte) string {
	c.Helper()
	const at = "/.api2/api/v1/communities/1/attachments"
	got := c.want(http.StatusCreated, http.MethodPost, at, strings.NewReader(
		fmt.Sprintf(`{"Name":"me.png","ContentType":"image/png","ContentLength":%d}`, len(content))),
		"Content-Type", "application/json")
	var made struct{ FileID string }
	if err := json.Unmarshal(got.body, &made); err != nil {
		c.Fatal(err)
	}
	c.want(http.StatusOK, http.MethodPatch, got.Header.Get("Location"), bytes.NewReader(content),
		"Content-Type", "image/png", "Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(content)-1, len(content)))
	return made.FileID
}
