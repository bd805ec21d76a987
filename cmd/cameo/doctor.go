package main

import (
	"context"
	"errors"
	"fmt"

	"cameo/server/boot"
	"cameo/server/client"
)

//nolint:lll // a table: one flag a line
type doctor struct {
	Config boot.Config `embed:""`
	Server string      `name:"server" placeholder:"URL" help:"Ask a running service whether it is ready, and look at nothing else."`
}

// Run prints a line for everything that it looked at. Something to mend is an error.
func (c *doctor) Run(ctx context.Context, s streams) error {
	if c.Server != "" {
		return client.Ready(ctx, c.Server, nil)
	}
	sick := false
	for _, f := range boot.Doctor(ctx, c.Config, boot.ThisMachine(s.err)) {
		if f.Wrong == nil {
			fmt.Fprintf(s.out, "good  %s\n", f.Name)
			continue
		}
		sick = true
		fmt.Fprintf(s.out, "MEND  %s: %s\n", f.Name, s.sentence(f.Wrong))
	}
	if sick {
		return errors.New("something has to be mended first, see above")
	}
	return nil
}
