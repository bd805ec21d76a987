package servertest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"cameo/server/servertest"
)

// protocol is one of those in which a client asks by HEAD where an upload stands, and sends the rest of it by PATCH.
type protocol struct {
	uploads    string // where they are, by their keys
	told       int    // the status of an answer to HEAD
	head       func(more ...string) http.Header
	last, part []string // what else the head of a PATCH says: of the last one, of one before it
	done       int      // the status of the answer to the last PATCH

	// create makes an upload of n bytes that is to be jane's photo, and returns its path.
	create func(c *caller, n int) string
	// whole makes such an upload and sends all of it, in as few requests as the protocol's clients do. It returns its
	// path also when the last request was not answered.
	whole func(c *caller, content []byte) (at string, got answer, err error)
}

// protocols are tus and the IETF's, by name.
func protocols() map[string]protocol {
	return map[string]protocol{"tus": throughTus(), "resumable": throughTheDraft()}
}

func throughTus() protocol {
	guid := string(servertest.Person("jane"))
	wish := fmt.Sprintf("%s,objectId %s,type %s", tusPNG, encoded(guid), encoded("ProfilePhoto"))
	create := func(c *caller, n int) string { return c.tusCreate(n, nil, wish) }
	return protocol{
		uploads: tusUploads, told: http.StatusOK, head: tusHead, done: http.StatusNoContent, create: create,
		whole: func(c *caller, content []byte) (string, answer, error) {
			at := create(c, len(content))
			got, err := c.try(http.MethodPatch, at, tusHead("Upload-Offset: 0"), bytes.NewReader(content), len(content))
			return at, got, err
		},
	}
}

func throughTheDraft() protocol {
	wish := "?type=ProfilePhoto&objectId=" + string(servertest.Person("jane"))
	return protocol{
		uploads: resumableUploads + "/", told: http.StatusNoContent, head: resumableHead, done: http.StatusOK,
		last: []string{"Upload-Complete: ?1"}, part: []string{"Upload-Complete: ?0"},
		create: func(c *caller, n int) string {
			c.t.Helper()
			h := resumableHead("Content-Type: image/png", "Upload-Complete: ?0", fmt.Sprint("Upload-Length: ", n))
			got := c.want("create", c.ask(http.MethodPost, resumableUploads+wish, h, nil), http.StatusCreated)
			return resumablePath(got.header)
		},
		whole: func(c *caller, content []byte) (string, answer, error) {
			said, got, err := c.resumableCreateAt(resumableUploads+wish, bytes.NewReader(content), len(content), "?1")
			return said.at, got, err
		},
	}
}

// stand asks how far an upload has come, as its uploader.
func (p protocol) stand(c *caller, at string) int {
	c.t.Helper()
	return c.want("head", c.ask(http.MethodHead, at, p.head(), nil), p.told).offset()
}

// send sends bytes from an offset on, as the last ones or not. They may be fewer than n, which breaks the request.
func (p protocol) send(c *caller, at string, offset int, body io.Reader, n int, last bool) (answer, error) {
	c.t.Helper()
	lines := p.part
	if last {
		lines = p.last
	}
	h := p.head(append([]string{fmt.Sprint("Upload-Offset: ", offset)}, lines...)...)
	return c.try(http.MethodPatch, at, h, body, n)
}

// finish sends what is missing, and wants the whole to be as it was sent (I2) and to be jane's photo.
func (p protocol) finish(c *caller, at string, content []byte) {
	c.t.Helper()
	if offset := p.stand(c, at); offset < len(content) {
		got, err := p.send(c, at, offset, bytes.NewReader(content[offset:]), len(content)-offset, true)
		if err != nil {
			c.t.Fatal(err)
		}
		c.want("the rest", got, p.done)
	}
	c.wantResumableFile(at, content)
	version := c.photoOf("jane").Version
	p.stand(c, at)
	if again := c.photoOf("jane").Version; version == "" || again != version {
		c.t.Errorf("got the photo %q, and %q after another look", version, again)
	}
}

// inEachProtocol runs a test by tus and by the IETF's protocol.
func inEachProtocol(t *testing.T, test func(t *testing.T, p protocol)) {
	t.Helper()
	for name, p := range protocols() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}
