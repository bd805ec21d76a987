package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"cameo/server/boot"
)

//nolint:lll // a table: one flag a line
type userImport struct {
	directory
	File   string `arg:"" help:"The list; - for stdin."`
	Format string `name:"format" placeholder:"csv|jsonl" help:"How it is written. Empty: as the file's name says."`
	DryRun bool   `name:"dry-run" help:"Say what would be done and what is wrong, and change nothing."`
}

// Run prints counts: "rows 3, changed 2". What is wrong goes to stderr, a line each.
func (c *userImport) Run(ctx context.Context, s streams) error {
	from := s.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return boot.Misused(err)
		}
		defer file.Close()
		from = file
	}
	return c.manage(ctx, s, func(p *boot.People) error { return c.read(ctx, s, p, from) })
}

func (c *userImport) read(ctx context.Context, s streams, p *boot.People, from io.Reader) error {
	done, err := p.Import(ctx, from, c.Format, c.File, c.DryRun, func(w boot.WrongRow) {
		fmt.Fprintf(s.err, "line %d: %s\n", w.Line, s.sentence(w.Err))
	})
	if err == nil || done != (boot.Imported{}) {
		fmt.Fprintf(s.out, "rows %d, changed %d\n", done.Rows, done.Changed)
	}
	return err
}

type userExport struct {
	directory
	Format string `name:"format" placeholder:"csv|jsonl" help:"How it is written; csv if nothing is said."`
}

// Run prints the list.
func (c *userExport) Run(ctx context.Context, s streams) error {
	return c.manage(ctx, s, func(p *boot.People) error {
		return p.Export(ctx, s.out, cmp.Or(c.Format, "csv"))
	})
}
