package main

import (
	"context"
	"fmt"
	"time"

	"cameo/server/boot"
)

//nolint:lll // a table: one flag a line
type token struct {
	Stores    boot.Stores   `embed:""`
	Community string        `name:"community" default:"1" placeholder:"N" help:"The community in which the token is good."`
	User      string        `name:"user" required:"" placeholder:"GUID" help:"Whom it speaks for."`
	Admin     bool          `name:"admin" help:"The bearer administers the community."`
	For       boot.Duration `name:"for" default:"1h" placeholder:"TIME" help:"How long it is good."`
}

// Run prints the token and nothing else; on stderr it says if there is no such community. The token will be
// good when there is one.
func (c *token) Run(ctx context.Context, s streams) error {
	machine := boot.ThisMachine(s.err)
	text, err := boot.Token(c.Stores, boot.Grant{
		Community: c.Community, User: c.User, Admin: c.Admin, For: time.Duration(c.For),
	}, machine)
	if err != nil {
		return err
	}
	if !boot.KnowsCommunity(ctx, c.Stores, c.Community, machine) {
		fmt.Fprintf(s.err, "cameo: there is no community %s yet: cameo community add\n", c.Community)
	}
	_, err = fmt.Fprintln(s.out, text)
	return err
}
