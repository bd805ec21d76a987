package main

import (
	"context"

	"cameo/server/boot"
)

type site struct {
	Add     siteAdd     `cmd:"" help:"Add a site, and print its apiKey and secret in JSON."`
	List    siteList    `cmd:"" help:"Print the sites of a community."`
	Rotate  siteRotate  `cmd:"" help:"Give a site another secret, and print it."`
	Disable siteDisable `cmd:"" help:"Shut a site."`
	Key     siteKey     `cmd:"" help:"Manage the keys of a site's users."`
}

type siteAdd struct {
	directory
	Origin       []boot.Origin `name:"origin" placeholder:"ORIGIN" help:"Origin of pages that may call without a signature, such as https://www.example.org. May be given several times."`
	Registration bool          `name:"registration" help:"People may register by themselves."`
}

// Run prints one line.
func (c *siteAdd) Run(ctx context.Context, s streams) error {
	asked := boot.NewSite{Origins: c.Origin, Register: c.Registration}
	return c.manage(ctx, s, func(p *boot.People) error { return p.AddSite(ctx, asked, s.out) })
}

type siteList struct{ directory }

// Run prints a line for each: its key, and active or disabled, with a tab between them.
func (c *siteList) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.ListSites(ctx, s.out) })
}

// oneSite is a site of a community.
type oneSite struct {
	directory
	APIKey string `arg:"" name:"api-key" help:"The site's apiKey."`
}

type siteRotate struct{ oneSite }

// Run prints one line.
func (c *siteRotate) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.RotateSite(ctx, c.APIKey, s.out) })
}

type siteDisable struct{ oneSite }

// Run shuts the site and prints nothing.
func (c *siteDisable) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.DisableSite(ctx, c.APIKey) })
}

type siteKey struct {
	Add siteKeyAdd `cmd:"" help:"Add a key, and print it in JSON."`
}

type siteKeyAdd struct {
	oneSite
	RSA bool `name:"rsa" help:"A private key, with which tokens are signed, instead of a secret."`
}

// Run prints one line.
func (c *siteKeyAdd) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error { return p.AddSiteKey(ctx, c.APIKey, c.RSA, s.out) })
}
