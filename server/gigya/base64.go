package gigya

import (
	"bytes"
	"encoding/base64"
)

// decodePhoto returns what base64 stands for, in whichever spelling Gigya's clients send it: with line
// breaks, padded or not, of the standard or the URL-safe alphabet, behind a data: prefix, and with spaces
// where an encoder of forms forgot a plus sign. It uses text's own memory.
func decodePhoto(text []byte) ([]byte, error) {
	notBase64 := func(cause error) error { return wrong(invalidValue, "photoBytes: not base64").because(cause) }
	if bytes.HasPrefix(text, []byte("data:")) {
		comma := bytes.IndexByte(text, ',')
		if comma < 0 || !bytes.HasSuffix(text[:comma], []byte(";base64")) {
			return nil, notBase64(nil)
		}
		text = text[comma+1:]
	}
	text = tidy(text)
	if base64.RawStdEncoding.DecodedLen(len(text)) > maxPhoto {
		return nil, errPhotoTooLarge()
	}
	return inPlace(text, notBase64)
}

// tidy drops line breaks and padding at the end, and spells in the standard alphabet.
func tidy(text []byte) []byte {
	n := bytes.IndexAny(text, "\r\n- _") // what comes before, mostly all, stays as it is
	if n < 0 {
		n = len(text)
	}
	out := text[:n]
	for _, b := range text[n:] {
		switch b {
		case '\r', '\n':
			continue
		case '-', ' ':
			b = '+'
		case '_':
			b = '/'
		}
		out = append(out, b)
	}
	if n := len(out); n%4 == 0 && n > 0 { // padding is only what fills the last four
		out = bytes.TrimSuffix(bytes.TrimSuffix(out, []byte("=")), []byte("="))
	}
	return out
}

// inPlace decodes into the memory of the text, a piece at a time: what is written never overtakes what is
// read.
func inPlace(text []byte, failed func(error) error) ([]byte, error) {
	var piece [4096]byte
	n := 0
	for read := 0; read < len(text); {
		size := copy(piece[:], text[read:])
		read += size
		written, err := base64.RawStdEncoding.Decode(text[n:cap(text)], piece[:size])
		if err != nil {
			return nil, failed(err)
		}
		n += written
	}
	return text[:n], nil
}
