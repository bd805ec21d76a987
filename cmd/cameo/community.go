package main

import (
	"context"

	"cameo/server/boot"
)

type community struct {
	Add communityAdd `cmd:"" help:"Add a community, or rename the one that has the number."`
}

type communityAdd struct {
	Key    string      `arg:"" help:"The community's number."`
	Name   string      `arg:"" help:"Its name."`
	Stores boot.Stores `embed:""`
}

// Run adds the community and prints nothing.
func (c *communityAdd) Run(ctx context.Context, s streams) error {
	return boot.AddCommunity(ctx, c.Stores, c.Key, c.Name, boot.ThisMachine(s.err))
}
