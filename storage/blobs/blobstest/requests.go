package blobstest

// Sending is a way to send an upload to an Engine.
type Sending struct {
	Name        string
	Size, Chunk int64 // bytes of the upload, and of each of its writes
	Puts        int   // requests that it may cost
}

// Sendings are those whose requests are counted, for a store in which a run is one request, has 16 MiB at
// most and leaves 1 MiB to the row: each request is a put, and puts every byte once.
func Sendings() []Sending {
	const mib = 1 << 20
	return []Sending{
		{"4 MiB in one PATCH", 4 * mib, 4 * mib, 1},
		{"4 MiB in 1 MiB chunks", 4 * mib, mib, 1},
		{"4 MiB in 256 KiB chunks", 4 * mib, mib / 4, 1},
		{"64 MiB in one PATCH", 64 * mib, 64 * mib, 4},
		{"64 MiB in 8 MiB chunks", 64 * mib, 8 * mib, 8},
		{"64 MiB in 1 MiB chunks", 64 * mib, mib, 4},
	}
}
