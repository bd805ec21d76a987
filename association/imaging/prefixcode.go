package imaging

// prefixCode is one of the codes of a lossless WebP. Symbols with codes of equal length have successive ones,
// in their order.
type prefixCode struct {
	count   [longestCode + 1]int // of the symbols, by the length of their codes in bits
	symbols []uint16             // in the order of their codes; one alone takes no bit
}

const (
	longestCode = 15
	// treeBytes is what the decoder keeps of a code before its symbols: a table by which short ones are found.
	treeBytes = 536
	// symbolBytes is a symbol's leaf and, but for one of them, the node above it.
	symbolBytes = 16
)

// size is how many bytes the decoder keeps of a code.
func (c *prefixCode) size() int { return treeBytes + symbolBytes*len(c.symbols) }

// build makes the code that the lengths of all its symbols' codes imply, 0 for none. It says whether there is
// one whose every sequence of bits means something.
func (c *prefixCode) build(lengths []uint8) bool {
	c.count = [longestCode + 1]int{}
	for _, n := range lengths {
		c.count[n]++
	}
	c.count[0] = 0
	var at [longestCode + 1]int
	used, free := 0, 1
	for n := 1; n <= longestCode; n++ {
		at[n] = used
		used += c.count[n]
		free = free<<1 - c.count[n]
		if free < 0 {
			return false
		}
	}
	if used == 0 || used > 1 && free > 0 {
		return false
	}
	c.symbols = append(c.symbols[:0], make([]uint16, used)...)
	for s, n := range lengths {
		if n > 0 {
			c.symbols[at[n]] = uint16(s)
			at[n]++
		}
	}
	return true
}

// code reads a code of so many symbols.
func (v *vp8l) code(c *prefixCode, symbols int) {
	if v.take(1) == 1 {
		v.simpleCode(c, symbols)
		return
	}
	lengths := v.codeLengths(symbols)
	if v.err == nil && !c.build(lengths) {
		v.fail(Damaged)
	}
}

// simpleCode reads a code of one symbol or two that are named.
func (v *vp8l) simpleCode(c *prefixCode, symbols int) {
	named, width := 1+v.take(1), 1+7*v.take(1)
	c.count, c.symbols = [longestCode + 1]int{1: named}, c.symbols[:0]
	for range named {
		s := v.take(width)
		if s >= symbols {
			v.fail(Damaged)
		}
		c.symbols = append(c.symbols, uint16(s))
		width = 8
	}
}

// lengthOrder is the order in which the lengths of the codes for lengths are told.
var lengthOrder = [...]uint8{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// codeLengths reads the lengths of the codes of so many symbols, which are in a code themselves. They are
// good until the next are read.
func (v *vp8l) codeLengths(symbols int) []uint8 {
	var own [len(lengthOrder)]uint8
	told := 4 + v.take(4)
	if told > len(own) {
		v.fail(Damaged)
		return nil
	}
	for _, s := range lengthOrder[:told] {
		own[s] = uint8(v.take(3))
	}
	if v.err == nil && !v.ofLengths.build(own[:]) {
		v.fail(Damaged)
	}
	most := symbols
	if v.take(1) == 1 {
		most = 2 + v.take(2+2*v.take(3))
	}
	if most > symbols {
		v.fail(Damaged)
	}
	lengths := v.lengths[:symbols]
	clear(lengths)
	last := uint8(8)
	for at := 0; at < symbols && most > 0 && v.err == nil; most-- {
		s := v.symbol(&v.ofLengths)
		n, times := uint8(s), 1
		switch s {
		case 16:
			n, times = last, 3+v.take(2)
		case 17:
			n, times = 0, 3+v.take(3)
		case 18:
			n, times = 0, 11+v.take(7)
		}
		if n > 0 {
			last = n
		}
		if at+times > symbols {
			v.fail(Damaged)
			break
		}
		for i := range times {
			lengths[at+i] = n
		}
		at += times
	}
	return lengths
}
