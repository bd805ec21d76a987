package boot

import "cameo/storage/fault"

// The exit codes of the program.
const (
	Done        = 0
	Failed      = 1
	Misuse      = 2 // usage or configuration
	NotAllowed  = 3
	NotFound    = 4
	Interrupted = 5 // and can be resumed
)

// exits turns Kinds into exit codes.
var exits = map[fault.Kind]int{
	fault.Malformed:       Failed,
	fault.Invalid:         Misuse,
	fault.Unauthenticated: NotAllowed,
	fault.Forbidden:       NotAllowed,
	fault.NotFound:        NotFound,
	fault.Gone:            NotFound,
	fault.Exists:          Failed,
	fault.Conflict:        Failed,
	fault.Superseded:      Failed,
	fault.WrongOffset:     Failed,
	fault.Cut:             Interrupted,
	fault.Stalled:         Failed,
	fault.NoLength:        Failed,
	fault.Mismatch:        Failed,
	fault.TooLarge:        Failed,
	fault.Unsupported:     Failed,
	fault.TooMany:         Failed,
	fault.Full:            Failed,
	fault.Unavailable:     Failed,
	fault.Corrupt:         Failed,
	fault.Internal:        Failed,
}

// ExitCode says with which code the program ends after err; Done for nil.
func ExitCode(err error) int {
	if err == nil {
		return Done
	}
	if code, ok := exits[fault.Of(err)]; ok {
		return code
	}
	return Failed
}

// NotSignedIn says that err is for want of a session: Unauthenticated.
func NotSignedIn(err error) error { return fault.New(fault.Unauthenticated, "%v", err) }

// Misused says that err is the fault of whoever gave the command: Invalid.
func Misused(err error) error { return fault.New(fault.Invalid, "%v", err) }
