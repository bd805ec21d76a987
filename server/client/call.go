package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"cameo/storage/fault"
)

// longestAnswer bounds what is read of an answer, in bytes.
const longestAnswer = 1 << 20

// errSilent is the cause of a request that was given up because the server took nothing and said nothing.
var errSilent = errors.New("no answer in time")

// sized is a body whose length is known.
type sized struct {
	io.Reader
	size int64
}

// call makes one request below the community's attachments and reads the attachment that answers it.
// Every failure has a Kind; an answer of the server is an *Error.
func (c *Client) call(
	ctx context.Context, method, path string, h http.Header, body io.Reader,
) (Attachment, error) {
	head, text, err := c.ask(ctx, method, c.root+path, h, body)
	if err != nil || method == http.MethodDelete { // which is answered by no text
		return Attachment{}, err
	}
	return attachment(head, text)
}

// ask makes one request and returns its answer's head and text. One that is no success is an *Error.
func (c *Client) ask(
	ctx context.Context, method, at string, h http.Header, body io.Reader,
) (http.Header, []byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(answerTime, func() { cancel(errSilent) })
	defer silence.Stop()

	size := int64(-1)
	if s, ok := body.(sized); ok {
		size, body = s.size, &watched{from: s.Reader, left: s.size, alarm: silence, fail: cancel}
	}
	req, err := http.NewRequestWithContext(ctx, method, at, body)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "the request cannot be made")
	}
	if size >= 0 {
		req.ContentLength = size
	}
	req.Header = h.Clone()
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, unreached(ctx, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return nil, nil, unreached(ctx, err)
	}
	if resp.StatusCode >= 300 {
		return nil, nil, refused(resp, text)
	}
	return resp.Header, text, nil
}

// attachment reads a good answer. The header's offset is trusted over the text's: it is there in each answer.
func attachment(head http.Header, text []byte) (Attachment, error) {
	var a Attachment
	if err := json.Unmarshal(text, &a); err != nil || a.Key == "" {
		return a, fault.New(fault.Invalid, "the answer is no attachment; is this the URL of a Cameo server?")
	}
	if n, err := strconv.ParseInt(head.Get("Upload-Offset"), 10, 64); err == nil {
		a.Offset = n
	}
	return a, nil
}

func unreached(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if e, ok := errors.AsType[*unreadable](cause); ok {
		return e
	}
	if errors.Is(cause, errSilent) {
		err = cause
	}
	return fault.Wrap(err, fault.Unavailable, "the server cannot be reached: %v", plain(err))
}

// plain is what went wrong with a connection, without the layers that tell of it and the request's address.
func plain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		err = e.Err
	}
	return err
}

// unreadable is a source that does not give the bytes that it has promised. The server is not to blame.
type unreadable struct{ cause error }

func (e *unreadable) Error() string { return "what is sent cannot be read: " + e.cause.Error() }

func (e *unreadable) Unwrap() error { return e.cause }

// FaultKind is Malformed: to try again would not help.
func (e *unreadable) FaultKind() fault.Kind { return fault.Malformed }

// watched puts the alarm off whenever the connection takes bytes, and ends the request with an unreadable
// when from fails, or ends too early.
type watched struct {
	from  io.Reader
	left  int64 // bytes that must still come
	alarm *time.Timer
	fail  context.CancelCauseFunc
}

func (w *watched) Read(p []byte) (int, error) {
	w.alarm.Reset(answerTime)
	n, err := w.from.Read(p)
	w.left -= int64(n)
	if errors.Is(err, io.EOF) && w.left <= 0 {
		return n, err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		err = &unreadable{err}
		w.fail(err)
	}
	return n, err
}
