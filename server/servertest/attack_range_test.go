package servertest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cameo/server/boot"
	"cameo/server/servertest"
)

// A03: Content-Range headers that a grammar makes, most of them wrong somewhere, told against a model of the
// answer table.
func TestA03ContentRanges(t *testing.T) {
	t.Parallel()
	const tries = 2500
	i := servertest.Start(t, servertest.Configured(func(c *boot.Config) { c.MaxOpen = 0 }))
	m := &rangeModel{caller: callInstance(t, i), content: servertest.Picture("me.png", rangedSize)}
	chance, seen := seeded(t, 3), map[int]int{}
	for n := range tries {
		if m.key == "" || m.offset == rangedSize {
			m.key, m.offset, m.last = m.create(rangedSize), 0, span{}
		}
		value := contentRange(chance, m.offset)
		got, want := m.send(value), m.want
		seen[want]++
		if got.status != want || got.offset() != m.offset {
			t.Fatalf("try %d: %q at offset %d: got %v, want %d", n, value, m.offset, got, want)
		}
	}
	for _, status := range []int{200, 202, 400, 416} {
		if seen[status] < 5 {
			t.Errorf("the grammar has led to %d only %d times", status, seen[status])
		}
	}
	m.finish(m.key, m.content)
}

const rangedSize = 1000

// The parts of a Content-Range, right ones first; each is taken as it is often, and else one of all.
var (
	units  = []string{"bytes ", "Bytes ", "BYTES ", "bytes=", "bytes", "bytes  ", "bytes\t", "byte ", "items ", "", " bytes ", "bytes:"}
	dashes = []string{"-", "", "--", " - ", "–", "/", "-+", "_"}
	bars   = []string{"/", "", "//", " / ", "\\", "-", "/ "}
	ends   = []string{"", " ", ";", ",", ", bytes 0-1/2", "\t", "x", "/", "-5"}
	odd    = []string{
		"", "-1", "+1", "1.0", "1e2", "0x10", "٣", "*", "**", "9223372036854775807", "9223372036854775808",
		"4611686018427387904", "18446744073709551615", "99999999999999999999999999", " 1", "１", "NaN", "00000000000000000000001",
	}
)

// contentRange draws a header's value for an upload that has come so far.
func contentRange(chance *rand.Rand, offset int) string {
	first := []int{offset, 0, offset + 1, offset - 1, 999, 1000, chance.IntN(1200)}[chance.IntN(7)]
	if chance.IntN(3) == 0 {
		first = offset
	}
	last := first + chance.IntN(250) - 5
	if chance.IntN(8) == 0 {
		last = rangedSize - 1
	}
	number := func(n int) string {
		if chance.IntN(12) == 0 {
			return odd[chance.IntN(len(odd))]
		}
		return strconv.Itoa(n)
	}
	part := func(all []string) string {
		if chance.IntN(10) > 0 {
			return all[0]
		}
		return all[chance.IntN(len(all))]
	}
	total := []string{"1000", "*", "1000", "999", "1001", number(1000)}[chance.IntN(6)]
	both := number(first) + part(dashes) + number(last)
	if chance.IntN(15) == 0 {
		both = "*"
	}
	return part(units) + both + part(bars) + total + part(ends)
}

// span is a half-open range of bytes.
type span struct{ from, to int }

// rangeModel knows what the answer to the next range is, by the words of the contract alone.
type rangeModel struct {
	*caller
	content []byte
	key     string
	offset  int
	last    span // of the last request that was committed
	want    int  // status of the answer to come
}

var (
	wellFormed = regexp.MustCompile(`^(?i:bytes) ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)$`)
	query      = regexp.MustCompile(`^(?i:bytes) \*/([0-9]{1,19}|\*)$`)
)

// send makes the request for a range, with as many bytes as it names if there are so many, and works out its
// answer. An answer that the model takes for good moves its offset.
func (m *rangeModel) send(value string) answer {
	m.t.Helper()
	value = strings.Trim(value, " \t") // as on the wire
	body := m.content[:10]
	if s, ok := m.judge(value); ok {
		body = m.content[s.from:s.to]
	}
	if query.MatchString(value) {
		body = nil
	}
	h := http.Header{"Content-Type": {"image/png"}, "Content-Range": {value}}
	return m.ask(http.MethodPatch, entry(m.key), h, body)
}

// judge sets the status to come, and returns the range if its bytes exist.
func (m *rangeModel) judge(value string) (span, bool) {
	m.want = http.StatusBadRequest
	if found := query.FindStringSubmatch(value); found != nil {
		if found[1] == "*" || found[1] == "1000" {
			m.want = http.StatusAccepted
		}
		return span{}, false
	}
	found := wellFormed.FindStringSubmatch(value)
	if found == nil {
		return span{}, false
	}
	first, okFirst := small(found[1])
	last, okLast := small(found[2])
	total, okTotal := small(found[3])
	if found[3] == "*" {
		total, okTotal = rangedSize, true
	}
	if !okFirst || !okLast || !okTotal || last < first || total != rangedSize || last >= rangedSize && found[3] != "*" {
		return span{}, false
	}
	s := span{first, last + 1}
	if s.to > rangedSize {
		if len(m.content[:10]) == s.to-s.from { // else the body's length is wrong, which is seen first
			m.want = http.StatusRequestedRangeNotSatisfiable
		}
		return span{}, false
	}
	switch {
	case s == m.last && s.to == m.offset:
		m.want = http.StatusAccepted
	case s.from != m.offset:
		m.want = http.StatusRequestedRangeNotSatisfiable
	case s.to == rangedSize:
		m.want, m.offset, m.last = http.StatusOK, s.to, s
	default:
		m.want, m.offset, m.last = http.StatusAccepted, s.to, s
	}
	return s, true
}

// small reads a number that any upload may have.
func small(digits string) (int, bool) {
	n, err := strconv.ParseUint(digits, 10, 62)
	return int(n), err == nil
}

// A03: headers that come twice or not at all, and bytes that no HTTP client sends.
func TestA03RawContentRanges(t *testing.T) {
	t.Parallel()
	i := servertest.Start(t)
	jane, content := callInstance(t, i), servertest.Picture("me.png", rangedSize)
	key := jane.create(rangedSize)
	right := fmt.Sprintf("Content-Range: bytes 0-9/%d", rangedSize)
	for name, headers := range map[string][]string{
		"none":             nil,
		"two that differ":  {right, "Content-Range: bytes 10-19/1000"},
		"two equal ones":   {right, right},
		"an empty one":     {"Content-Range:"},
		"a very long one":  {"Content-Range: bytes 0-9/" + strings.Repeat("1", 20_000)},
		"bytes above 127":  {"Content-Range: bytes 0-9/\xff\xfe"},
		"a range in Range": {"Range: bytes=0-9"},
	} {
		l := jane.dial()
		headers = append(headers, "Content-Type: image/png", "Content-Length: 10")
		l.say(jane.head(http.MethodPatch, entry(key), headers...) + "\r\n" + string(content[:10]))
		got := l.must(http.MethodPatch)
		jane.wantDiscreet(name, got)
		if jane.want(name, got, http.StatusBadRequest); got.offset() != 0 {
			t.Errorf("%s: got offset %d, want 0", name, got.offset())
		}
	}
	jane.finish(key, content)
}
