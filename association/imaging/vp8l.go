package imaging

// vp8l reads the bits of a lossless picture up to its pixels (RFC 9649, section 3), to learn what its prefix
// codes take: a group of five for each part of the picture, thousands of them in a small file. It takes the
// same for damage as the decoder, and incomplete codes too, whose bits the decoder would read in its own way.
type vp8l struct {
	from *walker
	end  int64  // of the chunk
	bits uint32 // that were read and not taken, the next one lowest
	n    int    // of them
	err  error  // the first one; after it all bits are 0

	lengths   [greenSymbols + 1<<largestCache]uint8 // of the codes that are being read
	ofLengths prefixCode
}

const (
	literals        = 256
	greenSymbols    = literals + 24
	distanceSymbols = 40
	largestCache    = 11   // bits
	mostGroups      = 2600 // that libwebp makes and the decoder accepts
)

// The transforms.
const (
	predictor = iota
	crossColour
	subtractGreen
	colourIndexing
	kinds // the number of them
)

// codes returns the bytes that the decoder keeps of a picture's prefix codes. More than most end it.
func (v *vp8l) codes(w, h, most int) (int, error) {
	w = v.transforms(w, h)
	cache := v.cache()
	groups := 1
	if v.take(1) == 1 {
		groups += v.tiles(w, h)
	}
	if groups > mostGroups {
		v.fail(UnsupportedCoding)
	}
	size := 0
	for c := (prefixCode{}); groups > 0 && v.err == nil; groups-- {
		for _, symbols := range alphabets(cache) {
			v.code(&c, symbols)
			size += c.size()
		}
		if size > most {
			v.fail(UnsupportedCoding)
		}
	}
	return size, v.err
}

// transforms goes past them and returns the width of what they are made of: several pixels of few colours
// are one.
func (v *vp8l) transforms(w, h int) int {
	var seen [kinds]bool
	for v.take(1) == 1 {
		kind := v.take(2)
		if seen[kind] {
			v.fail(Damaged)
		}
		seen[kind] = true
		switch kind {
		case predictor, crossColour:
			v.tiles(w, h)
		case colourIndexing:
			colours := v.take(8) + 1
			v.picture(colours)
			switch {
			case colours <= 2:
				w = ceilDiv(w, 8)
			case colours <= 4:
				w = ceilDiv(w, 4)
			case colours <= 16:
				w = ceilDiv(w, 2)
			}
		}
	}
	return w
}

// tiles goes past a picture that has a pixel for each tile of another, and returns the greatest.
func (v *vp8l) tiles(w, h int) int {
	side := 4 << v.take(3)
	return v.picture(ceilDiv(w, side) * ceilDiv(h, side))
}

// picture goes past a picture within the picture, and returns the greatest of its pixels as the number of a
// group, which is in red and green. What is not literal repeats what was, so no pixel needs to be kept.
func (v *vp8l) picture(pixels int) (greatest int) {
	sizes := alphabets(v.cache())
	var codes [len(sizes)]prefixCode
	for i, n := range sizes {
		v.code(&codes[i], n)
	}
	for pixels > 0 && v.err == nil {
		green := v.symbol(&codes[0])
		switch {
		case green < literals:
			red := v.symbol(&codes[1])
			v.symbol(&codes[2])
			v.symbol(&codes[3])
			greatest = max(greatest, red<<8|green)
			pixels--
		case green < greenSymbols:
			pixels -= v.length(green - literals)
			v.length(v.symbol(&codes[4])) // the distance
		default: // from the cache
			pixels--
		}
	}
	return greatest
}

// cache returns how many bits number the colours of the cache.
func (v *vp8l) cache() int {
	if v.take(1) == 0 {
		return 0
	}
	n := v.take(4)
	if n < 1 || n > largestCache {
		v.fail(Damaged)
		return 0
	}
	return n
}

// alphabets are the symbols of a group's codes: green, lengths and the cache; red; blue; alpha; distances.
func alphabets(cache int) [5]int {
	green := greenSymbols
	if cache > 0 {
		green += 1 << cache
	}
	return [...]int{green, literals, literals, literals, distanceSymbols}
}

// length reads the length or distance that a symbol begins.
func (v *vp8l) length(symbol int) int {
	if symbol < 4 {
		return symbol + 1
	}
	extra := (symbol - 2) >> 1
	return (2+symbol&1)<<extra + v.take(extra) + 1
}

// take returns the next n bits, of which 24 are the most.
func (v *vp8l) take(n int) int {
	for ; v.n < n && v.err == nil; v.n += 8 {
		if v.from.at >= v.end {
			v.fail(Truncated)
			break
		}
		b, err := v.from.next()
		if err != nil {
			v.err = err
			break
		}
		v.bits |= uint32(b) << v.n
	}
	if v.err != nil {
		return 0
	}
	taken := v.bits & (1<<n - 1)
	v.bits >>= n
	v.n -= n
	return int(taken)
}

func (v *vp8l) fail(r Reason) {
	if v.err == nil {
		v.err = r.Fault()
	}
}

// symbol returns the next symbol.
func (v *vp8l) symbol(c *prefixCode) int {
	if len(c.symbols) == 1 {
		return int(c.symbols[0]) // which takes no bit
	}
	code, first, at := 0, 0, 0
	for _, n := range c.count[1:] {
		code |= v.take(1)
		if code < first+n {
			return int(c.symbols[at+code-first])
		}
		at += n
		first, code = (first+n)<<1, code<<1
	}
	v.fail(Damaged)
	return 0
}
