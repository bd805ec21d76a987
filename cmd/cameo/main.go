// Command cameo is the whole product in one program: the server, and what its operators and users do from a
// shell.
//
// Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 not allowed, 4 not found, 5 interrupted and can
// be resumed. An error is one sentence on stderr that begins with "cameo: "; --verbose adds what caused it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"cameo/server/boot"
)

// version is set by the linker (-X main.version=…).
var version = "unversioned"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are where a command reads and writes. What a script wants of a command goes to out, all else to
// err.
type streams struct {
	in       io.Reader
	out, err io.Writer
	verbose  bool // errors are told with what caused them
}

// run obeys one command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		args = []string{"--help"} // a newcomer's first try
	}
	command, verbose, err := parse(args, s)
	s.verbose = verbose
	if err == nil {
		err = command.Run(ctx, s)
	}
	if err != nil {
		fmt.Fprintf(s.err, "cameo: %s\n", s.sentence(err))
	}
	return boot.ExitCode(err)
}

// sentence writes an error as one line.
func (s streams) sentence(err error) string {
	if s.verbose {
		return boot.Causes(err)
	}
	return boot.Sentence(err)
}
