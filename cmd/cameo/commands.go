package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"cameo/server/boot"
)

// commands is the program's whole surface; each field has a file of its own.
type commands struct {
	Verbose bool `name:"verbose" help:"Say also what caused an error, in the words of drivers and systems."`

	Serve     serve     `cmd:"" help:"Run the service."`
	Token     token     `cmd:"" help:"Print a bearer token signed with the instance's own key."`
	Signin    signin    `cmd:"" help:"Print a link that signs a person in, once and within an hour."`
	Community community `cmd:"" help:"Manage communities."`
	User      user      `cmd:"" help:"Manage the people of a community."`
	Site      site      `cmd:"" help:"Manage the keys by which Gigya's clients name a community."`
	Audit     audit     `cmd:"" help:"Print who did what to whom."`
	Put       put       `cmd:"" help:"Upload a photo; goes on where it stopped when it is called again."`
	Status    status    `cmd:"" help:"Say how far an upload has come."`
	Associate associate `cmd:"" help:"Make a finished upload a person's profile photo."`
	Sweep     sweep     `cmd:"" help:"Delete what has expired, once, and print what was done."`
	Doctor    doctor    `cmd:"" help:"Check the configuration and the stores, and say what to mend."`
	Migrate   migrate   `cmd:"" help:"Bring the database up to this version."`
	Version   release   `cmd:"" help:"Print the version."`
}

// command is what a command line asks for.
type command interface {
	Run(ctx context.Context, s streams) error
}

const description = `Cameo takes large photos over bad networks and makes them profile photos.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 not allowed, 4 not found,
5 interrupted and can be resumed.`

// parse reads a command line and the variables that belong to it, and says whether the causes of errors are
// wanted.
func parse(args []string, s streams) (_ command, verbose bool, _ error) {
	var all commands
	parser, err := kong.New(&all,
		kong.Name("cameo"), kong.Description(description), kong.Writers(s.out, s.err),
		kong.ValueFormatter(explain), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
	)
	if err != nil {
		return nil, false, err
	}
	chosen, err := parser.Parse(meant(args))
	if err != nil {
		return nil, all.Verbose, boot.Misused(plain(err))
	}
	asked, ok := chosen.Selected().Target.Addr().Interface().(command)
	if !ok {
		return nil, all.Verbose, errors.New("the command cannot be run")
	}
	return asked, all.Verbose, nil
}

// meant are arguments by our names: many programs have a flag --version and a command help.
func meant(args []string) []string {
	switch {
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	case len(args) > 0 && args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// plain rewords what the parser says of a flag whose value begins with a dash, such as a time below zero.
func plain(err error) error {
	flag, rest, ok := strings.Cut(err.Error(), ": expected ")
	_, got, dashed := strings.Cut(rest, " value but got \"")
	got, _, ended := strings.Cut(got, "\" (")
	if !ok || !dashed || !ended {
		return err
	}
	return fmt.Errorf("%s: %s: want a value that begins with no dash", flag, got)
}

// explain is a flag's help with its default and its variable.
func explain(v *kong.Value) string {
	var also []string
	if v.HasDefault {
		also = append(also, "default "+v.Default)
	}
	if len(v.Tag.Envs) > 0 {
		also = append(also, "$"+v.Tag.Envs[0])
	}
	if len(also) == 0 {
		return v.Help
	}
	return v.Help + " (" + strings.Join(also, "; ") + ")"
}

// BeforeReset tries the variables of the chosen command first, so that a bad one is called by its own name.
func (*commands) BeforeReset(chosen *kong.Context) error {
	for _, step := range chosen.Path {
		if step.Node() == nil {
			continue
		}
		for _, flag := range step.Node().Flags {
			for _, name := range flag.Envs {
				if err := try(flag.Value, name); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	return nil
}

// try reads a variable as a flag's value and throws the value away.
func try(v *kong.Value, name string) error {
	text, ok := os.LookupEnv(name)
	if !ok {
		return nil
	}
	scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text})
	return v.Mapper.Decode(&kong.DecodeContext{Value: v, Scan: scan}, reflect.New(v.Target.Type()).Elem())
}
