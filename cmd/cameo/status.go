package main

import (
	"context"
	"fmt"

	"cameo/server/client"
)

type status struct {
	Key client.Key `arg:"" help:"The upload's key."`
	server
}

// Run prints the state and how many bytes are durable: "active 4096 of 12345".
func (c *status) Run(ctx context.Context, s streams) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	a, err := server.Find(ctx, c.Key)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s %d of %d\n", a.State, a.Offset, a.Length)
	return nil
}
