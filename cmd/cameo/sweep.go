package main

import (
	"context"
	"fmt"

	"cameo/server/boot"
)

type sweep struct {
	Config boot.Config `embed:""`
}

// Run sweeps once and prints counts: "expired 1, purged 2, blobs 3". They are what was done, also beside an
// error.
func (c *sweep) Run(ctx context.Context, s streams) error {
	swept, err := boot.Sweep(ctx, c.Config, boot.ThisMachine(s.err))
	if err == nil || swept != (boot.Swept{}) {
		fmt.Fprintf(s.out, "expired %d, purged %d, blobs %d\n", swept.Expired, swept.Purged, swept.Blobs)
	}
	return err
}
