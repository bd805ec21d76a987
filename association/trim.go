package association

import (
	"context"

	"cameo/association/imaging"
)

// Trim judges a picture's file and returns it upright, scaled and trimmed around its centre to exactly the
// size. It takes its turn among the pictures that the Worker works on. What is refused is Unsupported or
// TooLarge, with a Reason.
func (w *Worker) Trim(ctx context.Context, file []byte, size Box) (imaging.Rendition, error) {
	return w.renderer.Trim(ctx, file, size.Width, size.Height)
}
