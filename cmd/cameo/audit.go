package main

import (
	"context"
	"time"

	"cameo/server/boot"
)

//nolint:lll // a table: one flag a line
type audit struct {
	Stores    boot.Stores   `embed:""`
	Community string        `name:"community" placeholder:"N" help:"Of this community only."`
	Since     boot.Duration `name:"since" default:"0s" placeholder:"TIME" help:"How far back, such as 24h; 0s for all."`
	Follow    bool          `name:"follow" short:"f" help:"Go on with what comes later, until interrupted."`
}

// Run prints a line for each entry, with tabs between time, community, actor, action, person, object and
// address.
func (c *audit) Run(ctx context.Context, s streams) error {
	q := boot.AuditQuery{Community: c.Community, Since: time.Duration(c.Since), Follow: c.Follow}
	return boot.Audit(ctx, c.Stores, q, s.out, boot.ThisMachine(s.err))
}
