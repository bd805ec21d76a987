// Package client uploads photos to Cameo in the words of the Igloo dialect: create an entry, send its bytes
// chunk by chunk, associate it with a person. Put goes on after any break from where the server says it
// stands.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// Key names an upload: ten characters, case-sensitive.
type Key = storage.Key

// answerTime bounds one request: so long may pass without a byte being taken by the server or an answer
// coming.
const answerTime = 60 * time.Second

// Client speaks to one community of one server. It is safe for use by many goroutines.
type Client struct {
	root      string // the community's attachments, without a slash at the end
	community string // what else there is of the community, likewise
	token     string
	http      *http.Client
	random    io.Reader
	patience  time.Duration
	onWaiting func(cause error, pause time.Duration)
}

// New returns a Client of the server at base, a URL such as http://127.0.0.1:8080, for a community given in
// digits. A base that is no http or https URL, or a community that is no positive number, is Invalid. A nil
// hc is http.DefaultClient. The Client fails at the first break; see Patient.
func New(base, community, token string, hc *http.Client) (*Client, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	c, err := storage.ParseCommunity(community)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s: want a community's number such as 1", community)
	}
	if hc == nil {
		hc = http.DefaultClient
	}
	return &Client{
		root:      u.String() + "/.api2/api/v1/communities/" + c.String() + "/attachments",
		community: u.String() + "/v1/communities/" + c.String(),
		token:     token, http: hc, random: rand.Reader,
	}, nil
}

func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.New(fault.Invalid, "%s: want a server's URL such as http://127.0.0.1:8080", base)
	}
	return u, nil
}

// Patient returns a Client that tries again after network errors, 5xx and 429, with growing pauses, until it
// has paused for d in all without progress. Before each pause it calls waiting, unless nil.
func (c *Client) Patient(d time.Duration, waiting func(cause error, pause time.Duration)) *Client {
	patient := *c
	patient.patience, patient.onWaiting = d, waiting
	return &patient
}

// Attachment is an upload as the server describes it.
type Attachment struct {
	Key            Key    `json:"key"`
	Name           string `json:"name"`
	Type           string `json:"contentType"`
	Length         int64  `json:"contentLength"`  // bytes declared at creation
	Offset         int64  `json:"uploadedLength"` // bytes that are durable
	State          string `json:"state"`          // active, complete, failed, cancelled or expired
	Complete       bool   `json:"isComplete"`
	ProfilePhoto   bool   `json:"isProfilePhoto"`
	BinaryLocation string `json:"binaryLocation"` // path of the stored file, "" until it is complete
}

// Create makes an upload entry for length bytes.
func (c *Client) Create(ctx context.Context, name, contentType string, length int64) (Attachment, error) {
	once, err := storage.DrawBase62(c.random, 22) // an answer that is lost must not leave a twin
	if err != nil {
		return Attachment{}, err
	}
	body, err := json.Marshal(map[string]any{"Name": name, "ContentType": contentType, "ContentLength": length})
	if err != nil {
		return Attachment{}, fault.Wrap(err, fault.Internal, "the entry cannot be described")
	}
	header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {once}}
	return c.stubborn(ctx, func() (Attachment, error) {
		return c.call(ctx, http.MethodPost, "", header, bytes.NewReader(body))
	})
}

// Status asks how far an upload has come. A write that is still running is ended first, so that the offset
// told stays true until the next write: it is the question of whoever goes on with the upload. Others use
// Find.
func (c *Client) Status(ctx context.Context, key Key) (Attachment, error) {
	return c.stubborn(ctx, func() (Attachment, error) { return c.status(ctx, key) })
}

func (c *Client) status(ctx context.Context, key Key) (Attachment, error) {
	header := http.Header{"Content-Range": {"bytes */*"}}
	return c.call(ctx, http.MethodPatch, "/uploads/"+url.PathEscape(string(key)), header, http.NoBody)
}

// Find describes an upload and disturbs nothing. A failed one is described too.
func (c *Client) Find(ctx context.Context, key Key) (Attachment, error) {
	return c.stubborn(ctx, func() (Attachment, error) {
		return c.call(ctx, http.MethodGet, "/uploads/"+url.PathEscape(string(key)), http.Header{}, http.NoBody)
	})
}

// Append sends one chunk: size bytes of body are the bytes of the upload from at on. It is never tried
// again by itself.
func (c *Client) Append(
	ctx context.Context, a Attachment, at, size int64, body io.Reader,
) (Attachment, error) {
	header := http.Header{
		"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", at, at+size-1, a.Length)},
		"Content-Type":  {a.Type},
		"Expect":        {"100-continue"}, // a refusal then comes before the bytes go
	}
	return c.call(ctx, http.MethodPatch, "/uploads/"+url.PathEscape(string(a.Key)), header, sized{body, size})
}

// Delete cancels an upload, or deletes one that is nobody's photo. It is never tried again by itself.
func (c *Client) Delete(ctx context.Context, key Key) error {
	_, err := c.call(ctx, http.MethodDelete, "/uploads/"+url.PathEscape(string(key)), http.Header{}, http.NoBody)
	return err
}

// Associate makes a complete upload the profile photo of a person. Repeating it changes nothing.
func (c *Client) Associate(ctx context.Context, key Key, person string) (Attachment, error) {
	path := "/" + url.PathEscape(string(key)) + "/association/" + url.PathEscape(person) + "?type=ProfilePhoto"
	return c.stubborn(ctx, func() (Attachment, error) {
		return c.call(ctx, http.MethodPost, path, http.Header{}, http.NoBody)
	})
}
