package boot

import (
	"errors"
	"strings"

	"cameo/storage/fault"
)

// Sentence is what whoever gave a command reads of err, on one line: what each fault says, without the words
// of drivers and systems that caused it. What is no fault is said as it is.
func Sentence(err error) string { return oneLine(spoken(err)) }

// Causes is Sentence with all that caused err.
func Causes(err error) string { return oneLine(err.Error()) }

// spoken leaves out of an error's text what stands there of a fault's cause.
func spoken(err error) string {
	text := err.Error()
	switch e := err.(type) { //nolint:errorlint // it goes down the chain itself
	case *fault.Error:
		text = e.Message
		if inner, ok := errors.AsType[*fault.Error](e.Unwrap()); ok { // said to strangers, and why to the log
			text += ": " + spoken(inner)
		}
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			text = strings.Replace(text, one.Error(), spoken(one), 1)
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			text = strings.Replace(text, inner.Error(), spoken(inner), 1)
		}
	}
	return text
}

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), "; ")
}
