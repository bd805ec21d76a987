package s3

// What the tests of the body need of it.
type Body = body

// NewBody is newBody.
func NewBody(pages [][]byte, alive func()) *Body {
	var size int64
	for _, page := range pages {
		size += int64(len(page))
	}
	return newBody(pages, size, alive)
}

// Stop is stop.
func (b *body) Stop() { b.stop() }
