package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"cameo/storage/fault"
)

// Error is a refusal by the server.
type Error struct {
	Status  int           // of HTTP
	Message string        // the server's own words, or the Kind's
	Reason  string        // a stable code such as type_mismatch, "" when there is none
	After   time.Duration // the server's Retry-After, 0 when it named none
}

// Error is the server's sentence.
func (e *Error) Error() string { return e.Message }

// FaultKind is what the status means.
func (e *Error) FaultKind() fault.Kind {
	if k, ok := kinds[e.Status]; ok {
		return k
	}
	if e.Status >= 500 {
		return fault.Internal
	}
	return fault.Malformed
}

// kinds turns the statuses of the Igloo dialect back into Kinds.
var kinds = map[int]fault.Kind{
	http.StatusBadRequest:                   fault.Malformed,
	http.StatusUnauthorized:                 fault.Unauthenticated,
	http.StatusForbidden:                    fault.Forbidden,
	http.StatusNotFound:                     fault.NotFound,
	http.StatusRequestTimeout:               fault.Stalled,
	http.StatusConflict:                     fault.Conflict,
	http.StatusGone:                         fault.Gone,
	http.StatusLengthRequired:               fault.NoLength,
	http.StatusRequestEntityTooLarge:        fault.TooLarge,
	http.StatusUnsupportedMediaType:         fault.Unsupported,
	http.StatusRequestedRangeNotSatisfiable: fault.WrongOffset,
	http.StatusUnprocessableEntity:          fault.Invalid,
	http.StatusTooManyRequests:              fault.TooMany,
	http.StatusInsufficientStorage:          fault.Full,
	http.StatusBadGateway:                   fault.Unavailable,
	http.StatusServiceUnavailable:           fault.Unavailable,
	http.StatusGatewayTimeout:               fault.Unavailable,
}

// Interrupted says that an upload is not finished: Put with the same key goes on at Offset.
type Interrupted struct {
	Key            Key   // "" when it had not begun
	Offset, Length int64 // in bytes; Offset is what the server told last
	Cause          error
}

// Error says how far the upload had come, and why it ended.
func (e *Interrupted) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("the upload was interrupted before it began: %v", e.Cause)
	}
	return fmt.Sprintf("the upload %s was interrupted at byte %d of %d: %v", e.Key, e.Offset, e.Length, e.Cause)
}

// Unwrap returns what interrupted it.
func (e *Interrupted) Unwrap() error { return e.Cause }

// FaultKind is Cut.
func (e *Interrupted) FaultKind() fault.Kind { return fault.Cut }

// Hopeless says that the upload of which Put told err cannot be finished by going on: it is refused or gone.
func Hopeless(err error) bool {
	switch fault.Of(err) {
	case fault.Unsupported, fault.TooLarge, fault.NotFound, fault.Gone:
		return true
	}
	return false
}

// envelope is the part of an error answer that is of use to a client: Igloo's exception, or the detail of
// problem+json.
type envelope struct {
	Detail    string `json:"detail"`
	Reason    string `json:"reason"`
	Exception struct {
		Message string `json:"message"`
		Errors  []struct {
			Message string `json:"message"`
			Tokens  []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"dataTokens"`
		} `json:"errorList"`
	} `json:"exception"`
}

// refused reads an answer that is no success. The most particular sentence of the envelope is taken.
func refused(resp *http.Response, text []byte) *Error {
	e := &Error{Status: resp.StatusCode}
	var said envelope
	if json.Unmarshal(text, &said) == nil {
		e.Message, e.Reason = cmp.Or(said.Exception.Message, said.Detail), said.Reason
		for _, one := range said.Exception.Errors {
			if one.Message != "" {
				e.Message = one.Message
			}
			for _, token := range one.Tokens {
				if token.Name == "Reason" {
					e.Reason = token.Value
				}
			}
		}
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
		e.After = time.Duration(s) * time.Second
	}
	return e
}
