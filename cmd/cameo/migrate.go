package main

import (
	"context"

	"cameo/server/boot"
)

//nolint:lll // a table: one flag a line
type migrate struct {
	Stores boot.Stores `embed:""`
	All    bool        `name:"all" help:"Make the keys too unless they are there, and mark database and stored bytes as theirs."`
}

// Run makes what is missing and prints nothing.
func (c *migrate) Run(ctx context.Context, s streams) error {
	if c.All {
		return boot.Prepare(ctx, c.Stores, boot.ThisMachine(s.err))
	}
	return boot.Migrate(ctx, c.Stores)
}
