package main

import (
	"context"

	"cameo/server/boot"
)

type migrate struct {
	Stores boot.Stores `embed:""`
}

// Run brings the database up to this version and prints nothing.
func (c *migrate) Run(ctx context.Context, _ streams) error { return boot.Migrate(ctx, c.Stores) }
