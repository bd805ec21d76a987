package imaging

import "context"

// Take takes n bytes, as a picture does that is being decoded.
func (m *Memory) Take(ctx context.Context, n int64) error { return m.take(ctx, n) }

// Give gives n bytes back.
func (m *Memory) Give(n int64) { m.give(n) }
