package imaging

import "image"

// dominant is the mean of the colours that occur most, where colours are alike whose channels agree in their
// upper three bits. Translucent pixels count as much as they can be seen.
func dominant(m *image.NRGBA) Colour {
	type sum struct{ weight, r, g, b int }
	var sums [512]sum
	for i := 0; i+pixelBytes <= len(m.Pix); i += pixelBytes {
		r, g, b, a := int(m.Pix[i]), int(m.Pix[i+1]), int(m.Pix[i+2]), int(m.Pix[i+3])
		s := &sums[r>>5<<6|g>>5<<3|b>>5]
		s.weight += a
		s.r, s.g, s.b = s.r+a*r, s.g+a*g, s.b+a*b
	}
	most := sums[0]
	for _, s := range sums {
		if s.weight > most.weight {
			most = s
		}
	}
	n := max(most.weight, 1)
	return Colour{uint8(most.r / n), uint8(most.g / n), uint8(most.b / n)}
}
