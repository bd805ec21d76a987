package storage_test

import (
	"fmt"
	"testing"

	"cameo/storage"
	"cameo/storage/fault"
)

func TestParseContentRange(t *testing.T) {
	t.Parallel()
	const unknown = storage.Unknown
	for _, c := range []struct {
		text string
		want storage.ContentRange
	}{
		{"bytes 0-9/10", storage.ContentRange{From: 0, To: 10, Total: 10}},
		{"bytes 5-5/*", storage.ContentRange{From: 5, To: 6, Total: unknown}},
		{"BYTES 0-0/1", storage.ContentRange{From: 0, To: 1, Total: 1}},
		{"bytes */10", storage.ContentRange{Total: 10, Query: true}},
		{"bytes */*", storage.ContentRange{Total: unknown, Query: true}},
		{"bytes 0-4611686018427387903/*", storage.ContentRange{From: 0, To: 1 << 62, Total: unknown}},
	} {
		got, err := storage.ParseContentRange(c.text)
		if err != nil || got != c.want {
			t.Errorf("%q: got %+v, %v, want %+v", c.text, got, err, c.want)
		}
	}
	for _, text := range []string{
		"", "bytes", "bytes ", "0-9", "0-9/10", "bytes=0-9/10", "bytes 0-9", "bytes 9-0/10", "bytes 0-10/10", "bytes 0-9/",
		"bytes -9/10", "bytes 0-/10", "bytes *-*/10", "bytes 0 - 9/10", "bytes  0-9/10", " bytes 0-9/10", "bytes 0-9/10 ",
		"bytes 0-9/10,20-29/30", "bytes +0-9/10", "bytes 0x0-0x9/16", "bytes 0-9/-1", "octets 0-9/10", "bytes\t0-9/10",
		"bytes 0-9/99999999999999999999", "bytes 9223372036854775806-9223372036854775807/*", "bytes ٠-٩/10", "bytes 0-9/1e3",
	} {
		if got, err := storage.ParseContentRange(text); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q: got %+v, %v, want Malformed", text, got, err)
		}
	}
}

// What is read makes sense, can be written again, and is then read as the same; everything else is Malformed. The
// seeds lie in testdata, and there go new inputs that break it.
func FuzzParseContentRange(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		r, err := storage.ParseContentRange(text)
		if err != nil {
			if !fault.Is(err, fault.Malformed) {
				t.Errorf("got %v, want Malformed", err)
			}
			return
		}
		total, span := "*", "*"
		if r.Total != storage.Unknown {
			total = fmt.Sprint(r.Total)
		}
		if !r.Query {
			span = fmt.Sprintf("%d-%d", r.From, r.To-1)
			if r.From < 0 || r.To <= r.From || r.Total != storage.Unknown && r.To > r.Total {
				t.Errorf("%q: got %+v, which is no range", text, r)
			}
		}
		again, err := storage.ParseContentRange("bytes " + span + "/" + total)
		if err != nil || again != r {
			t.Errorf("%q: got %+v, written again %+v, %v", text, r, again, err)
		}
	})
}
