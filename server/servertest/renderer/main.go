//go:build bench

// Command renderer makes the renditions of the benchmark. For each file named on a line of its input it
// writes a line with the processor time that took, in milliseconds, and behind it the reason if the file is
// refused. A second word in a line names a file for the largest rendition, without loss.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"cameo/association/imaging"
	"cameo/storage/fault"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	r := imaging.Renderer{Limits: imaging.DefaultLimits(), Memory: imaging.NewMemory(1 << 30)}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		took, err := render(r, words)
		reason := ""
		if err != nil {
			reason = fault.Public(err).Reason
		}
		if err != nil && reason == "" {
			return err
		}
		fmt.Fprintf(os.Stdout, "%.3f %s\n", float64(took)/float64(time.Millisecond), reason)
	}
	return nil
}

func render(r imaging.Renderer, words []string) (time.Duration, error) {
	var specs []imaging.Spec
	for _, n := range [...]int{1024, 512, 256, 128, 64} {
		specs = append(specs, imaging.Spec{Pixels: n})
	}
	if len(words) > 1 {
		specs = []imaging.Spec{{Pixels: 1024, Type: imaging.PNG}}
	}
	file, err := os.ReadFile(words[0])
	if err != nil {
		return 0, err
	}
	begun, err := processorTime()
	if err != nil {
		return 0, err
	}
	p, err := r.Render(context.Background(), file, imaging.Request{Specs: specs})
	ended, clockErr := processorTime()
	if len(words) > 1 && err == nil {
		err = os.WriteFile(words[1], p.Renditions[0].Bytes, 0o600)
	}
	return ended - begun, errors.Join(err, clockErr)
}

func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}
