//go:build faultpoints

// Package point marks the places at which the fault tests kill the process. In a released binary Here does
// nothing and costs nothing; built with the tag faultpoints it obeys the environment.
package point

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

var passed atomic.Int64

// Here ends the process with status 137, as kill -9 would, when CAMEO_FAULTPOINT is "name" or "name:n" for
// the n-th pass.
func Here(name string) {
	want, nth, _ := strings.Cut(os.Getenv("CAMEO_FAULTPOINT"), ":")
	if want != name {
		return
	}
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		n = 1
	}
	if passed.Add(1) == n {
		os.Exit(137)
	}
}
