package reply

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many bytes of a name a header carries.
const maxName = 255

// ContentDisposition is the header's value for a file of that name (RFC 6266). Kind is "attachment" or
// "inline". A name that is not plain ASCII comes twice: filename for old clients, with '_' for what they
// could misread, and filename* (RFC 8187) with every character. A name that could mean a place or a device
// on the reader's machine is made harmless first.
func ContentDisposition(kind, name string) string {
	name = harmless(name)
	plain := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf || strings.ContainsRune(`"\%;`, r) {
			return '_'
		}
		return r
	}, name)
	value := fmt.Sprintf(`%s; filename="%s"`, kind, plain)
	if plain != name {
		value += "; filename*=UTF-8''" + escape(name)
	}
	return value
}

// harmless is the last part of name without control characters, marks that turn the direction of text, and
// leading or trailing dots and spaces. Nothing left is "download"; a name that Windows keeps for a device
// gets '_' in front.
func harmless(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) ||
			unicode.Is(unicode.Zp, r) || r == '\uFEFF' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = shorten(strings.Trim(name, ". "))
	switch {
	case name == "":
		return "download"
	case isDevice(name):
		return "_" + name
	}
	return name
}

// shorten cuts name to maxName bytes at the border of a character.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.TrimRight(name[:end], ". ")
}

// isDevice says whether Windows opens a device instead of a file of that name, whatever its extension.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, isCom := strings.CutPrefix(base, "COM")
	if !isCom {
		var isLpt bool
		if port, isLpt = strings.CutPrefix(base, "LPT"); !isLpt {
			return false
		}
	}
	digit, size := utf8.DecodeRuneInString(port)
	return size > 0 && size == len(port) && strings.ContainsRune("0123456789¹²³", digit)
}

// escape writes every byte that is no attr-char of RFC 8187 as %XX.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z',
			strings.IndexByte("!#$&+-.^_`|~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
