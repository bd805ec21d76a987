package storage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cameo/storage/fault"
)

const maxName = 255 // bytes

// CleanName returns a file name as it is kept: the last part of a path of either kind, 1 to 255 bytes of
// UTF-8. A name with control characters or without anything left is Invalid. The name is data for people: no
// blob, key or path is ever made from it.
func CleanName(s string) (string, error) {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.TrimSpace(s)
	switch {
	case s == "" || s == "." || s == "..":
		return "", fault.New(fault.Invalid, "the name is empty")
	case len(s) > maxName:
		return "", fault.New(fault.Invalid, "the name is longer than %d bytes", maxName)
	case !utf8.ValidString(s):
		return "", fault.New(fault.Invalid, "the name is no valid UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", fault.New(fault.Invalid, "the name holds control characters")
	}
	return s, nil
}
