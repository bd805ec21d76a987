package fault

// Kind is what went wrong, seen from the caller. The set is closed: a dialect's table must answer each of
// Kinds.
type Kind int

// The kinds, from "you asked wrongly" to "we failed".
const (
	Malformed       Kind = iota + 1 // the request cannot be read: syntax, framing, contradicting headers
	Invalid                         // a parameter can be read and is wrong
	Unauthenticated                 // nobody known asks
	Forbidden                       // known, and not allowed
	NotFound                        // not there, or not the caller's to know of
	Gone                            // was there; cancelled or expired
	Exists                          // the name is taken
	Conflict                        // the state of the thing forbids it
	Superseded                      // a newer writer has taken over
	WrongOffset                     // the bytes do not continue what is there
	Cut                             // the body ended before its declared length
	Stalled                         // the body came too slowly
	NoLength                        // a body without a declared length
	Mismatch                        // a declared checksum does not hold
	TooLarge                        // more bytes than the limit
	Unsupported                     // a type or content that is not accepted
	TooMany                         // more requests or things than allowed at once
	Full                            // a quota or a disk has no room
	Unavailable                     // a store or the database does not answer; try again
	Corrupt                         // stored bytes are not what was written
	Internal                        // our own mistake
	end
)

type fact struct{ name, sentence string }

var facts = [...]fact{
	Malformed:       {"malformed", "the request cannot be read"},
	Invalid:         {"invalid", "a parameter is present but invalid"},
	Unauthenticated: {"unauthenticated", "sign in first"},
	Forbidden:       {"forbidden", "you may not do this"},
	NotFound:        {"not_found", "there is no such thing"},
	Gone:            {"gone", "it is no longer there"},
	Exists:          {"exists", "it exists already"},
	Conflict:        {"conflict", "its state does not allow this"},
	Superseded:      {"superseded", "a newer request has taken over this upload"},
	WrongOffset:     {"wrong_offset", "the bytes do not continue what has been received"},
	Cut:             {"cut", "the body ended before its declared length"},
	Stalled:         {"stalled", "the body came too slowly"},
	NoLength:        {"no_length", "a Content-Length is required"},
	Mismatch:        {"mismatch", "the declared checksum does not hold"},
	TooLarge:        {"too_large", "it is larger than the limit"},
	Unsupported:     {"unsupported", "this type of content is not accepted"},
	TooMany:         {"too_many", "too many at once; try again later"},
	Full:            {"full", "there is no room for it"},
	Unavailable:     {"unavailable", "the service cannot do this now; try again"},
	Corrupt:         {"corrupt", "stored bytes are damaged"},
	Internal:        {"internal", "something went wrong on our side"},
}

// String is the kind's stable code, such as wrong_offset.
func (k Kind) String() string {
	if k < Malformed || k >= end {
		return "none"
	}
	return facts[k].name
}

// Sentence says the kind in words, for an error that brings none of its own.
func (k Kind) Sentence() string {
	if k < Malformed || k >= end {
		return ""
	}
	return facts[k].sentence
}

// Ours says whether the failure is the service's and not the caller's.
func (k Kind) Ours() bool { return k == Unavailable || k == Corrupt || k == Internal }

// Kinds lists every Kind, so that tests can prove a table complete.
func Kinds() []Kind {
	ks := make([]Kind, 0, end-1)
	for k := Malformed; k < end; k++ {
		ks = append(ks, k)
	}
	return ks
}
