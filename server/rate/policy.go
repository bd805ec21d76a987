// Package rate bounds how often somebody may ask: so many times in each window of time, by the address or the
// name they ask from. Each node counts in memory and asks nobody before it answers. Once in a while, a second
// as a rule, nodes tell each other through a Tally what they have counted, and go by the sum from then on.
// What somebody does meanwhile may exceed the limit. Without the Tally each node's own count still holds.
package rate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Policy is how much is allowed: Quota times in each Window, which all nodes begin at the same moments. The
// zero Policy allows everything.
type Policy struct {
	Quota  int64
	Window time.Duration // whole seconds
}

// A window is short enough that nobody waits for long, and long enough for nodes to tell each other.
const (
	shortestWindow = time.Second
	longestWindow  = 24 * time.Hour
	largestQuota   = 1 << 40
)

// UnmarshalText reads 600/10s, or off for the zero Policy.
func (p *Policy) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*p = Policy{}
		return nil
	}
	quota, window, _ := strings.Cut(string(text), "/")
	n, wrongQuota := strconv.ParseInt(quota, 10, 64)
	d, wrongWindow := time.ParseDuration(window)
	if wrongQuota != nil || wrongWindow != nil || n < 1 || n > largestQuota ||
		d < shortestWindow || d > longestWindow || d%time.Second != 0 {
		return fmt.Errorf("%s: want a number in a time such as 600/10s, or off", text)
	}
	*p = Policy{n, d}
	return nil
}
