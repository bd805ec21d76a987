package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cameo/storage"
	"cameo/storage/fault"
)

// Pauses between two questions for a photo that is still being made.
const (
	firstLook = 100 * time.Millisecond
	rarest    = 2 * time.Second
)

// Photo is what is told of a person's newest photo.
type Photo struct {
	State   string `json:"state"` // none, pending, ready, failed, superseded or removed
	Version string `json:"version"`
	Reason  string `json:"reason"` // why it failed: a stable code; "" for strangers
	Detail  string `json:"detail"` // the reason in a sentence
}

// Pending says that it is still being made.
func (p Photo) Pending() bool { return p.State == "pending" }

// Failed says that it cannot be shown.
func (p Photo) Failed() bool { return p.State == "failed" }

// Photo describes a person's newest photo. It is never asked again by itself.
func (c *Client) Photo(ctx context.Context, person string) (Photo, error) {
	var p Photo
	at := c.community + "/users/" + url.PathEscape(person) + "/photo"
	_, text, err := c.ask(ctx, http.MethodGet, at, http.Header{}, http.NoBody)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil || p.State == "" {
		return p, fault.New(fault.Invalid, "the answer is no description of a photo")
	}
	return p, nil
}

// MaxPhoto asks how many bytes a photo may have. A server that does not say it is NotFound.
func (c *Client) MaxPhoto(ctx context.Context) (int64, error) {
	at := c.community + "/uploads?type=ProfilePhoto"
	head, _, err := c.ask(ctx, http.MethodOptions, at, http.Header{}, http.NoBody)
	if err != nil {
		return 0, err
	}
	for limit := range strings.SplitSeq(head.Get("Upload-Limit"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(limit), "=")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && name == "max-size" {
			return n, nil
		}
	}
	return 0, fault.New(fault.NotFound, "the server does not say how large a photo may be")
}

// TooLarge says that a picture of so many bytes is no photo, in the server's words.
func TooLarge(bytes, most int64) error {
	return fault.New(fault.TooLarge, "the picture's file has %s; a photo may have %s",
		storage.Size(bytes), storage.Size(most))
}

// Settled waits until a person's newest photo is no longer Pending, for so long at most, also over breaks. It
// returns what was told last; with an error if nothing was. A photo that was replaced meanwhile is none that
// failed: the next one is another's to ask for.
func (c *Client) Settled(ctx context.Context, person string, most time.Duration) (p Photo, err error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for pause := firstLook; ; pause = min(pause*3/2, rarest) {
		now, wrong := c.Photo(ctx, person)
		switch {
		case wrong != nil && p.State == "":
			err = wrong
		case wrong == nil && p.Version != "" && now.Version != p.Version:
			return Photo{State: "superseded", Version: p.Version}, nil
		case wrong == nil:
			p, err = now, nil
		}
		if err == nil && !p.Pending() || wrong != nil && lasting(wrong) {
			return p, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return p, err
		}
	}
}
