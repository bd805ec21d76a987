package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cameo/storage"
	"cameo/storage/fault"
	"cameo/storage/ledger"
)

func TestExtentsThatOverlapARange(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		create(t, l, fresh(2))
		if xs := extents(t, l, id(2), 0, 100); len(xs) != 0 {
			t.Errorf("an upload without bytes: got %v", xs)
		}
		c := step(claim(t, l, id(1), 0))
		c.To, c.Inline = 25, 20
		c.Put = []storage.Extent{
			{Off: 0, Len: 10, CRC: 1<<64 - 1, Blob: "k/1-1", At: 3},
			{Off: 10, Len: 10, Blob: "k/1-2"},
			{Off: 20, Len: 5, Inline: []byte("\x00tail")},
		}
		commit(t, l, c)
		for name, test := range map[string]struct {
			from, to int64
			want     []storage.Extent
		}{
			"all":             {0, 25, c.Put},
			"more than all":   {0, 1000, c.Put},
			"first byte":      {0, 1, c.Put[:1]},
			"last of first":   {9, 10, c.Put[:1]},
			"across":          {9, 11, c.Put[:2]},
			"first of second": {10, 11, c.Put[1:2]},
			"tail":            {20, 25, c.Put[2:]},
			"within the tail": {22, 23, c.Put[2:]},
			"behind the end":  {25, 30, nil},
			"nothing":         {5, 5, nil},
		} {
			got := extents(t, l, id(1), test.from, test.to)
			if len(got) != len(test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
				continue
			}
			for i, x := range got {
				w := test.want[i]
				if x.Off != w.Off || x.Len != w.Len || x.CRC != w.CRC || x.Blob != w.Blob || x.At != w.At ||
					string(x.Inline) != string(w.Inline) {
					t.Errorf("%s: got %v, want %v", name, x, w)
				}
			}
		}
	})
}

// A run that goes on makes its extent longer; nothing is dropped, and an extent that is not the one is not
// grown.
func TestTheLastExtentGrows(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		create(t, l, fresh(1))
		u := claim(t, l, id(1), 0)
		commit(t, l, adding(u, 10, "k/1-1"))
		grow := func(to int64, blob storage.Name) storage.Commit {
			c := step(find(t, l, id(1)))
			c.To, c.Inline, c.Grow = to, to, true
			c.Put = []storage.Extent{{Off: 0, Len: to, CRC: 1<<64 - 2, Blob: blob}}
			return c
		}
		wantKind(t, l.Commit(t.Context(), grow(30, "k/1-2")), fault.Internal)
		c := grow(30, "k/1-1")
		commit(t, l, c)
		commit(t, l, c) // of unknown outcome, and so once more
		if diff := cmp.Diff(extents(t, l, id(1), 0, 30), c.Put); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		if got := trash(t, l); got != "" {
			t.Errorf("got %q in the trash, want nothing", got)
		}
	})
}
