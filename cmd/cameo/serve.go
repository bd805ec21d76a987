package main

import (
	"context"
	"errors"
	"os"

	"cameo/server/boot"
)

type serve struct {
	Config boot.Config `embed:""`
}

// Run serves until it is told to stop. The first line on stderr says where.
func (c *serve) Run(ctx context.Context, s streams) error {
	machine := boot.ThisMachine(s.err)
	machine.Program = os.Args[0]
	node, err := boot.Open(ctx, c.Config, machine)
	if err != nil {
		return err
	}
	return errors.Join(node.Serve(ctx), node.Close())
}
