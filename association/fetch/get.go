package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"cameo/storage/fault"
)

// get is one fetch that has its turn.
func (f *Fetcher) get(ctx context.Context, u *url.URL) (Picture, error) {
	ctx, end := context.WithTimeout(ctx, f.config.Limits.Time)
	defer end()
	inside := false // whether any hop was dialled by an Exception
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			to, err := netip.ParseAddrPort(c.Conn.RemoteAddr().String())
			inside = inside || err != nil || f.guard.inside(to)
		},
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Picture{}, unreachable(err)
	}
	r.Header = f.header()
	answer, err := f.client.Do(r)
	if err != nil {
		return Picture{}, unreachable(err)
	}
	defer answer.Body.Close()
	p, err := f.read(answer)
	if err != nil && inside {
		return Picture{}, unreachable(err)
	}
	return p, err
}

// read takes the picture out of an answer.
func (f *Fetcher) read(answer *http.Response) (Picture, error) {
	if answer.StatusCode != http.StatusOK {
		return Picture{}, unreachable(fmt.Errorf("status %d", answer.StatusCode))
	}
	for _, coding := range answer.Header.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(coding), "identity") {
			return Picture{}, f.unsupported()
		}
	}
	limit := f.config.Limits.Bytes
	if answer.ContentLength > limit {
		return Picture{}, f.tooLarge()
	}
	// The type first: six megabytes of something else need not come.
	head := make([]byte, headBytes)
	n, err := io.ReadFull(answer.Body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return Picture{}, unreachable(err)
	}
	mediaType, ok := f.config.Sniff(head[:n])
	if !ok || !slices.Contains(f.config.Types, mediaType) {
		return Picture{}, f.unsupported()
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), answer.Body)
	picture, err := io.ReadAll(io.LimitReader(whole, limit+1))
	switch {
	case err != nil:
		return Picture{}, unreachable(err)
	case int64(len(picture)) > limit:
		return Picture{}, f.tooLarge()
	}
	return Picture{Bytes: picture, Type: mediaType}, nil
}

func (f *Fetcher) tooLarge() error {
	return fault.New(fault.TooLarge, "the picture at this URL has more than %d bytes", f.config.Limits.Bytes)
}

func (f *Fetcher) unsupported() error {
	return fault.New(fault.Unsupported, "there is no picture at this URL, or none of an accepted type: %s",
		strings.Join(f.config.Types, ", "))
}
