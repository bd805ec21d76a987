package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"cameo/storage/fault"
)

// readyTime bounds the question whether a server is ready. The server itself answers within two seconds.
const readyTime = 5 * time.Second

// Ready asks the server at base whether it can serve; nil says yes. A server that is there but not ready, or
// not there, is Unavailable; a base that is no http or https URL is Invalid. A nil hc is http.DefaultClient.
func Ready(ctx context.Context, base string, hc *http.Client) error {
	u, err := parseBase(base)
	if err != nil {
		return err
	}
	if hc == nil {
		hc = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String()+"/readyz", http.NoBody)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "the request cannot be made")
	}
	resp, err := hc.Do(req)
	if err != nil {
		return unreached(ctx, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return unreached(ctx, err)
	}
	return readiness(text)
}

// readiness reads what /readyz said.
func readiness(text []byte) error {
	var said struct {
		Status string   `json:"status"`
		Failed []string `json:"failed"`
	}
	switch err := json.Unmarshal(text, &said); {
	case err != nil || said.Status == "":
		return fault.New(fault.Unavailable, "the answer is none of a Cameo server")
	case said.Status == "ready":
		return nil
	case len(said.Failed) > 0:
		return fault.New(fault.Unavailable, "the server is not ready, because of its %s",
			strings.Join(said.Failed, " and "))
	}
	return fault.New(fault.Unavailable, "the server is %s", said.Status)
}
