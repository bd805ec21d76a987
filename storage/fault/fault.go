// Package fault is the one vocabulary of failure. Everything below the server says what went wrong with a
// Kind, a sentence that may be shown to a stranger, and, apart from it, the cause that only the log may see.
// Each dialect turns Kinds into answers of its own by one table.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Error is a failure with a Kind. Message is one plain sentence without path, SQL or stack: it may be shown
// to anybody. The cause is for the log.
type Error struct {
	Kind    Kind
	Message string
	Param   string        // the parameter that is wrong, "" when none is
	Reason  string        // a stable code such as type_mismatch, "" when the Kind says enough
	After   time.Duration // when trying again may help, 0 when nobody knows
	cause   error
}

// New returns an Error whose message is made like fmt.Sprintf's.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with a cause that errors.Is and the log can see, and a client cannot.
func Wrap(cause error, k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), cause: cause}
}

// About names the parameter that is wrong, in the words of the caller's dialect.
func (e *Error) About(param string) *Error {
	e.Param = param
	return e
}

// Because adds a stable reason code.
func (e *Error) Because(reason string) *Error {
	e.Reason = reason
	return e
}

// Later says how long to wait before trying again.
func (e *Error) Later(d time.Duration) *Error {
	e.After = d
	return e
}

// Error is for the log: it shows the cause. What a client may read is Message.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// FaultKind lets Of find the Kind.
func (e *Error) FaultKind() Kind { return e.Kind }

// Kinded is an error that knows its Kind. Facts that a caller needs travel in types of their own that
// implement it.
type Kinded interface {
	error
	FaultKind() Kind
}

// Of returns the Kind of the first error in err's chain that has one. A context that ended is Unavailable;
// anything else is Internal. Of(nil) is 0.
func Of(err error) Kind {
	if err == nil {
		return 0
	}
	if k, ok := errors.AsType[Kinded](err); ok {
		return k.FaultKind()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Is says whether err is of Kind k.
func Is(err error, k Kind) bool { return err != nil && Of(err) == k }

// Public returns what a client may know of err: the first Error in its chain, or one made of its Kind alone.
func Public(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	k := Of(err)
	if k != Internal && k != Unavailable {
		return &Error{Kind: k, Message: err.Error(), cause: err} // a fact type: its text is written for clients
	}
	return &Error{Kind: k, Message: k.Sentence(), cause: err}
}
