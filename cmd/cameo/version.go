package main

import (
	"context"
	"fmt"
	"runtime"
)

type release struct{}

// Run prints the version, and what built it.
func (release) Run(_ context.Context, s streams) error {
	fmt.Fprintf(s.out, "cameo %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
