package main

import (
	"context"

	"cameo/server/boot"
)

// person is one person of a community.
type person struct {
	directory
	User string `arg:"" help:"The person's GUID."`
}

// named is a person with names in other systems.
type named struct {
	person
	elsewhere
	Login string `name:"login" placeholder:"NAME" help:"With which the person signs in."`
}

func (n named) all() boot.Names {
	names := n.names()
	names.Login = n.Login
	return names
}

type userLink struct{ named }

// Run links and prints nothing.
func (c *userLink) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.Link(ctx, c.User, c.all()) })
}

type userUnlink struct{ named }

// Run unlinks and prints nothing. Taking what the person does not have is no error.
func (c *userUnlink) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.Unlink(ctx, c.User, c.all()) })
}

//nolint:lll // a table: one flag a line
type userMerge struct {
	person
	Into  string `name:"into" required:"" placeholder:"GUID" help:"The survivor."`
	Photo string `name:"photo" enum:"survivor,merged" default:"survivor" placeholder:"survivor|merged" help:"Whose photo is shown when both have one."`
}

// Run merges and prints nothing.
func (c *userMerge) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error {
		return p.Merge(ctx, c.User, c.Into, c.Photo == "merged")
	})
}

type userDisable struct{ person }

// Run shuts the person out and prints nothing.
func (c *userDisable) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.Disable(ctx, c.User) })
}

type userEnable struct{ person }

// Run lets the person in and prints nothing.
func (c *userEnable) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.Enable(ctx, c.User) })
}
