package main

import (
	"context"

	"cameo/server/client"
)

type associate struct {
	Key    client.Key `arg:"" help:"The upload's key."`
	Person string     `arg:"" name:"guid" help:"Whose photo it becomes."`
	server
}

// Run makes the upload the person's photo and prints nothing.
func (c *associate) Run(ctx context.Context, _ streams) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	_, err = server.Associate(ctx, c.Key, c.Person)
	return err
}
