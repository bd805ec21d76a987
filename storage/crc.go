package storage

// polynomial is CRC-64/NVME's, its bits reversed as the checksum's are.
const polynomial uint64 = 0x9a6c9329ac4bc9b5

// joinCRC is the checksum of two stretches of bytes, one after the other, by the checksums of each and the
// length of the second. The bytes themselves are not needed: a checksum is a polynomial's remainder, and n
// bytes behind it multiply it by x to the power of 8n.
func joinCRC(first, second uint64, n int64) uint64 {
	const one = uint64(1) << 63 // the polynomial 1, bits reversed
	shift, square := one, one>>8
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			shift = multiply(shift, square)
		}
		square = multiply(square, square)
	}
	return multiply(first, shift) ^ second
}

// multiply multiplies two polynomials modulo the checksum's.
func multiply(a, b uint64) uint64 {
	var product uint64
	for ; a != 0; a <<= 1 {
		if a>>63 == 1 {
			product ^= b
		}
		low := b & 1
		b >>= 1
		if low == 1 {
			b ^= polynomial
		}
	}
	return product
}
