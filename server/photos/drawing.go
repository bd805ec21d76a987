package photos

import (
	"fmt"
	"html"
	"image/color"
	"strings"
	"unicode"
)

// drawing is a default picture: letters, or a bust if there are none, in white on a field.
type drawing struct {
	size    int         // of each side, in pixels
	field   *color.RGBA // nil: nothing is drawn at all
	letters string
}

// fields are the colours of default pictures, once around the circle of hues. White on each of them has a
// contrast of more than 4.5, so that small letters can be read too (WCAG 2.2, section 1.4.3).
var fields = [...]color.RGBA{
	{170, 65, 65, 255},
	{170, 91, 65, 255},
	{153, 106, 58, 255},
	{135, 114, 51, 255},
	{120, 120, 46, 255},
	{105, 124, 47, 255},
	{88, 128, 48, 255},
	{69, 129, 49, 255},
	{50, 133, 50, 255},
	{50, 131, 70, 255},
	{50, 131, 91, 255},
	{49, 129, 109, 255},
	{48, 128, 128, 255},
	{56, 125, 148, 255},
	{65, 117, 170, 255},
	{65, 91, 170, 255},
	{65, 65, 170, 255},
	{91, 65, 170, 255},
	{117, 65, 170, 255},
	{144, 65, 170, 255},
	{170, 65, 170, 255},
	{170, 65, 144, 255},
	{170, 65, 117, 255},
	{170, 65, 91, 255},
}

// unit is the side of the grid on which everything is drawn, and letterSize the letters' height on it.
const (
	unit       = 64
	letterSize = 27
)

// svg is the drawing in text. The letters are of the viewer's own font.
func (d drawing) svg() string {
	open := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %[3]d"`,
		d.size, d.size, unit)
	if d.field == nil {
		return open + `/>`
	}
	field := fmt.Sprintf(`<rect width="%d" height="%[1]d" fill="#%02x%02x%02x"/>`,
		unit, d.field.R, d.field.G, d.field.B)
	if d.letters == "" {
		const bust = `<g fill="#fff"><circle cx="32" cy="25" r="11"/><path d="M10 58a22 19 0 0 1 44 0v6H10z"/></g>`
		return open + ` role="img" aria-label="no photo">` + field + bust + `</svg>`
	}
	text := html.EscapeString(d.letters)
	return open + ` role="img" aria-label="` + text + `">` + field + fmt.Sprintf(
		`<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="%d" font-weight="500" `+
			`text-anchor="middle" dominant-baseline="central">%s</text></svg>`, letterSize, text)
}

// initialsOf takes the first letter of the first and of the last word.
func initialsOf(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return ""
	}
	letters := string([]rune(words[0])[:1])
	if len(words) > 1 {
		letters += string([]rune(words[len(words)-1])[:1])
	}
	return strings.ToUpper(letters)
}
