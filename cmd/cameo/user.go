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
	Add     userAdd     `cmd:"" help:"Add a person, or change the one who has the GUID."`
	Show    userShow    `cmd:"" help:"Print a person with their names elsewhere, in JSON."`
	List    userList    `cmd:"" help:"Print people, or those whose names hold a text."`
	Link    userLink    `cmd:"" help:"Give a person names in other systems."`
	Unlink  userUnlink  `cmd:"" help:"Take names in other systems from a person."`
	Merge   userMerge   `cmd:"" help:"Make a person another one, who gets all that they have."`
	Disable userDisable `cmd:"" help:"Shut a person out."`
	Enable  userEnable  `cmd:"" help:"Let a person in again."`
	Import  userImport  `cmd:"" help:"Add people from a list in CSV or JSON Lines."`
	Export  userExport  `cmd:"" help:"Print all people as a list in CSV or JSON Lines."`
}

// directory says whose people a command is about.
type directory struct {
	Stores    boot.Stores `embed:""`
	Community string      `name:"community" default:"1" placeholder:"N" help:"The community."`
}

func (d directory) manage(ctx context.Context, s streams, work func(*boot.People) error) error {
	return boot.ManagePeople(ctx, d.Stores, d.Community, boot.ThisMachine(s.err), work)
}

// elsewhere are a person's names in other systems.
//
//nolint:lll // a table: one flag a line
type elsewhere struct {
	GigyaUID     string `name:"gigya-uid" placeholder:"UID" help:"The person's UID in Gigya."`
	SalesforceID string `name:"salesforce-id" placeholder:"ID" help:"The person's id in Salesforce: 005 and 12 or 15 more characters."`
	Email        string `name:"email" placeholder:"ADDRESS" help:"The person's e-mail address."`
}

func (e elsewhere) names() boot.Names {
	return boot.Names{GigyaUID: e.GigyaUID, SalesforceID: e.SalesforceID, Email: e.Email}
}

//nolint:lll // a table: one flag a line
type userAdd struct {
	directory
	elsewhere
	User          string `name:"user" required:"" placeholder:"GUID" help:"The person's GUID."`
	Name          string `name:"name" placeholder:"NAME" help:"With which the person signs in; want --password-stdin with it."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from stdin; it is given in no other way."`
	Admin         bool   `name:"admin" help:"The person administers the community."`
}

// longestPassword bounds what is read of stdin, in bytes; the directory's own bound is lower.
const longestPassword = 4096

// Run adds the user and prints nothing.
func (c *userAdd) Run(ctx context.Context, s streams) error {
	if c.Name != "" && !c.PasswordStdin {
		return boot.Misused(errors.New(
			"--name: it is what a person signs in with: want --password-stdin, and the password on stdin"))
	}
	if c.Name == "" && c.PasswordStdin {
		return boot.Misused(errors.New("--name: want the name with which the person signs in"))
	}
	u := boot.NewUser{Community: c.Community, User: c.User, Name: c.Name, Admin: c.Admin, Names: c.names()}
	if c.PasswordStdin {
		text, err := io.ReadAll(io.LimitReader(s.in, longestPassword))
		if err != nil {
			return fmt.Errorf("the password cannot be read: %w", err)
		}
		u.Password = strings.TrimRight(string(text), "\r\n")
	}
	return boot.AddUser(ctx, c.Stores, u, boot.ThisMachine(s.err))
}

type userShow struct {
	directory
	elsewhere
	Login string `name:"login" placeholder:"NAME" help:"With which the person signs in."`
	User  string `arg:"" optional:"" help:"The person's GUID; or else one name."`
}

// Run prints one line.
func (c *userShow) Run(ctx context.Context, s streams) error {
	names := c.names()
	names.Login = c.Login
	return c.manage(ctx, s, func(p *boot.People) error { return p.Show(ctx, c.User, names, s.out) })
}

type userList struct {
	directory
	Text string `arg:"" optional:"" help:"A part of a name, or the beginning of the GUID."`
}

// Run prints a line for each: GUID, active or disabled, and name, with tabs between them.
func (c *userList) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.List(ctx, c.Text, s.out) })
}
