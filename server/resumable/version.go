package resumable

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/dunglas/httpsfv"
)

// Version is an interop version of the draft, as a client names it in Upload-Draft-Interop-Version. Final is
// what a client speaks that names none.
type Version int

// The versions whose differences matter. Those between differ in nothing that a server does.
const (
	Final    Version = 0
	oldest   Version = 3 // of draft 01: Upload-Incomplete, which says the opposite of Upload-Complete
	upright  Version = 5 // of draft 03: Upload-Complete, and progress in interim answers
	typed    Version = 6 // of drafts 04 and 05: PATCH has a media type; the limit max-age is "expires"
	youngest Version = 9 // of draft 12 and later
)

// Versions lists those that a server can speak, the final form last.
func Versions() []Version {
	var all []Version
	for v := oldest; v <= youngest; v++ {
		all = append(all, v)
	}
	return append(all, Final)
}

// UnmarshalText reads a number or the word final.
func (v *Version) UnmarshalText(text []byte) error {
	if string(text) == "final" {
		*v = Final
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || Version(n) < oldest || Version(n) > youngest {
		return fmt.Errorf("%s: want a number from %d to %d, or final", text, oldest, youngest)
	}
	*v = Version(n)
	return nil
}

const versionHeader = "Upload-Draft-Interop-Version"

// speaks returns the version that a request is to be understood in, and whether the client may get interim
// answers: it must name a version that this instance speaks. Others are taken for clients of the final form
// that want none.
func (h *Handler) speaks(r http.Header) (v Version, interim bool) {
	if r.Values(versionHeader) == nil {
		return Final, slices.Contains(h.Versions, Final)
	}
	n, ok := integer(r, versionHeader)
	if ok && n >= int64(oldest) && slices.Contains(h.Versions, Version(n)) {
		return Version(n), true
	}
	return Final, false
}

// has says whether v is, or is later than, a version.
func (v Version) has(since Version) bool { return v == Final || v >= since }

// complete reads whether a request is the upload's last. Not ok: it does not say.
func (v Version) complete(h http.Header) (complete, ok bool) {
	if v.has(upright) {
		return boolean(h, "Upload-Complete")
	}
	incomplete, ok := boolean(h, "Upload-Incomplete")
	return !incomplete, ok
}

// sayComplete says whether an upload is complete.
func (v Version) sayComplete(h http.Header, complete bool) {
	name := "Upload-Complete"
	if !v.has(upright) {
		name, complete = "Upload-Incomplete", !complete
	}
	h.Set(name, map[bool]string{true: "?1", false: "?0"}[complete])
}

// integer reads a header that holds one non-negative integer (RFC 9651). Any other value is as good as none.
func integer(h http.Header, name string) (int64, bool) {
	item, err := httpsfv.UnmarshalItem(h.Values(name))
	if err != nil {
		return 0, false
	}
	n, ok := item.Value.(int64)
	return n, ok && n >= 0
}

// boolean reads a header that holds one boolean (RFC 9651). Any other value is as good as none.
func boolean(h http.Header, name string) (value, ok bool) {
	item, err := httpsfv.UnmarshalItem(h.Values(name))
	if err != nil {
		return false, false
	}
	value, ok = item.Value.(bool)
	return value, ok
}
