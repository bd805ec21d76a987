package main

import (
	"context"
	"fmt"

	"cameo/server/boot"
)

//nolint:lll // a table: one flag a line
type signin struct {
	Stores    boot.Stores `embed:""`
	Server    string      `name:"server" env:"CAMEO_SERVER" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Where the service is; the link begins with it."`
	Community string      `name:"community" default:"1" placeholder:"N" help:"The person's community."`
	User      string      `name:"user" placeholder:"GUID" help:"Whom it signs in. Empty: the community's first administrator."`
}

// Run prints the link and nothing else.
func (c *signin) Run(ctx context.Context, s streams) error {
	link, err := boot.SignInLink(ctx, c.Stores, boot.Visitor{
		Community: c.Community, User: c.User, Server: c.Server,
	}, boot.ThisMachine(s.err))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, link)
	return err
}
