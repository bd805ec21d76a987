//go:build bench && linux

package servertest_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// section is what one measurement gives: a table for people, and the bounds that must hold.
type section struct {
	title  string
	about  string // what was done, in a sentence or two
	header []string
	rows   [][]string
	bounds []bound
}

// bound is a number and what it may be at most, or must be at least.
type bound struct {
	what       string
	got, limit float64
	unit       string
	floor      bool // the limit is the least
}

func atMost(what string, got, most float64, unit string) bound {
	return bound{what, got, most, unit, false}
}

func atLeast(what string, got, least float64, unit string) bound {
	return bound{what, got, least, unit, true}
}

func (b bound) holds() bool {
	if b.floor {
		return b.got >= b.limit
	}
	return b.got <= b.limit
}

func (b bound) String() string {
	verdict, side := "holds", "most"
	if !b.holds() {
		verdict = "**missed**"
	}
	if b.floor {
		side = "least"
	}
	return fmt.Sprintf("%s: %s %s, at %s %s: %s", b.what, number(b.got), b.unit, side, number(b.limit), verdict)
}

// number writes what is large without digits behind the point.
func number(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// markdown is the section as it stands in the results.
func (s section) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", s.title, s.about)
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(s.header, " | "), "---|"+strings.Repeat("---:|", len(s.header)-1))
	for _, row := range s.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	if len(s.bounds) > 0 {
		b.WriteString("\n")
	}
	for _, bound := range s.bounds {
		fmt.Fprintf(&b, "- %s\n", bound)
	}
	return b.String()
}

// measurement gives some of the sections of one file of results.
type measurement struct {
	name    string
	measure func(t *testing.T, r *rig) []section
}

// TestBenchDisk measures the embedded default, SQLite and local disk, against tusd's file store on the same disk in
// the same run.
func TestBenchDisk(t *testing.T) {
	to := report{file: "disk.md", title: "SQLite and local disk", peers: []string{tusdVersion}}
	measureAll(t, newRig(t), to, []measurement{
		{"small", measureSmall},
		{"large", measureLarge},
		{"tus", measureTus},
		{"memory", measureMemory},
		{"ledger", measureLedger},
	})
}

// measureAll writes the report when all measurements were made, and then fails if a bound was missed.
func measureAll(t *testing.T, r *rig, to report, measurements []measurement) {
	begun := time.Now()
	var all []section
	made := 0
	for _, m := range measurements {
		t.Run(m.name, func(t *testing.T) {
			sections := m.measure(t, r)
			for _, s := range sections {
				t.Logf("\n%s", s.markdown())
			}
			all, made = append(all, sections...), made+1
		})
	}
	if made < len(measurements) {
		t.Logf("not every measurement was made: docs/benchmarks/%s stays as it is", to.file)
	} else {
		to.write(t, r, begun, all)
	}
	for _, s := range all {
		for _, b := range s.bounds {
			if !b.holds() {
				t.Errorf("%s: %s", s.title, b)
			}
		}
	}
}

// times are the durations that one competitor took.
type times []time.Duration

// at is the quantile q, between 0 and 1, by nearest rank.
func (ts times) at(q float64) time.Duration {
	sorted := slices.SortedFunc(slices.Values(ts), cmp.Compare[time.Duration])
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (ts times) p50() time.Duration { return ts.at(0.5) }

// ms is a duration in milliseconds, as bounds and tables show it.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func inMS(d time.Duration) string { return fmt.Sprintf("%.2f", ms(d)) }
