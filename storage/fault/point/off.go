//go:build !faultpoints

// Package point marks the places at which the fault tests kill the process. In a released binary Here does
// nothing and costs nothing; built with the tag faultpoints it obeys the environment.
package point

// Here marks a place, by a stable name such as "commit.before".
func Here(string) {}
