package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cameo/server/boot"
)

type user struct {
	Add userAdd `cmd:"" help:"Add a person who signs in with a password, or change the one who has the GUID."`
}

//nolint:lll // a table: one flag a line
type userAdd struct {
	Stores        boot.Stores `embed:""`
	Community     string      `name:"community" default:"1" placeholder:"N" help:"The person's community."`
	User          string      `name:"user" required:"" placeholder:"GUID" help:"The person's GUID."`
	Name          string      `name:"name" required:"" placeholder:"NAME" help:"With which the person signs in."`
	PasswordStdin bool        `name:"password-stdin" help:"Read the password from stdin; it is given in no other way."`
	Admin         bool        `name:"admin" help:"The person administers the community."`
}

// longestPassword bounds what is read of stdin, in bytes; the directory's own bound is lower.
const longestPassword = 4096

// Run adds the user and prints nothing.
func (c *userAdd) Run(ctx context.Context, s streams) error {
	if !c.PasswordStdin {
		return boot.Misused(errors.New("--password-stdin: want it, and the password on stdin"))
	}
	text, err := io.ReadAll(io.LimitReader(s.in, longestPassword))
	if err != nil {
		return fmt.Errorf("the password cannot be read: %w", err)
	}
	return boot.AddUser(ctx, c.Stores, boot.NewUser{
		Community: c.Community, User: c.User, Name: c.Name, Admin: c.Admin,
		Password: strings.TrimRight(string(text), "\r\n"),
	}, boot.ThisMachine(s.err))
}
