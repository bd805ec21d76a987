package imaging

import (
	"bytes"
	"compress/zlib"
	"io"
	"slices"
)

// iccParts are the parts of a colour profile, which a JPEG has in several segments. Each carries its number,
// from 1 on, and how many there are.
type iccParts struct {
	segments [][]byte
	size     int // of the profile so far, in bytes
}

const (
	iccName   = "ICC_PROFILE\x00"
	iccPrefix = len(iccName) + 2
)

// add keeps a segment if it is a part of a profile.
func (p *iccParts) add(app2 []byte) bool {
	if len(app2) < iccPrefix || !bytes.HasPrefix(app2, []byte(iccName)) {
		return false
	}
	p.segments = append(p.segments, bytes.Clone(app2))
	p.size += len(app2) - iccPrefix
	return true
}

// joined is the whole profile.
func (p *iccParts) joined() []byte {
	number := func(segment []byte) int { return int(segment[len(iccName)]) }
	slices.SortStableFunc(p.segments, func(a, b []byte) int { return number(a) - number(b) })
	profile := make([]byte, 0, p.size)
	for _, s := range p.segments {
		profile = append(profile, s[iccPrefix:]...)
	}
	return profile
}

// inflated is the profile in a PNG's iCCP chunk: a name, a zero, the method 0, then zlib's data. It stops
// behind most bytes; what cannot be read is no profile.
func inflated(iccp []byte, most int) []byte {
	_, data, ok := bytes.Cut(iccp, []byte{0})
	if !ok || len(data) == 0 || data[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(data[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(z, int64(most)+1))
	if err != nil {
		return nil
	}
	return profile
}
