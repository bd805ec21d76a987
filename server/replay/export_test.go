package replay

import "net/http"

// Parsed is what parse finds in a head. False: it is none that is answered here.
func Parsed(head []byte) (target, accept, noneMatch, forwarded string, ok bool) {
	q, ok := parse(head)
	return string(q.target), string(q.accept), string(q.noneMatch), string(q.forwarded), ok
}

// Keys are those of a head and of the same request as net/http reads it. False: it is none.
func Keys(head []byte, r *http.Request) (ours, theirs string, ok, also bool) {
	q, ok := parse(head)
	if !ok {
		return "", "", false, false
	}
	key, ok := q.key(nil)
	theirs, also = keyOf(r)
	return string(key), theirs, ok, also
}
