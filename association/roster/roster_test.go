package roster_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"cameo/association"
	"cameo/association/roster"
	"cameo/storage/fault"
)

const jane = association.GUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")

// What is written is read again, whatever the names are, and no cell begins like a formula.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := []association.Row{{Person: jane, Name: "@SUM(A1)"}}
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "'x", "''x", "'=x", "\t=x", "\r=x", "a\nb", `a"b,c`, " x ", "ü", "null", "\ufeff"} {
		id, err := association.ParseIdentity(association.Gigya, text)
		if err != nil {
			t.Fatal(err)
		}
		want[0].Identities = append(want[0].Identities, id)
	}
	for _, f := range []roster.Format{roster.CSV, roster.JSONL} {
		var list bytes.Buffer
		w, err := roster.NewWriter(f, &list)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(want[0]), w.Flush()); err != nil {
			t.Fatal(err)
		}
		for cell := range strings.FieldsFuncSeq(list.String(), func(r rune) bool { return r == ',' || r == '\n' }) {
			if cell = strings.TrimPrefix(cell, `"`); f == roster.CSV && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a cell begins %q", cell)
			}
		}
		got := association.Row{}
		r, err := roster.NewReader(f, &list)
		if err != nil {
			t.Fatal(err)
		}
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got.Person, got.Name = row.Person, row.Name
			got.Identities = append(got.Identities, row.Identities...)
		}
		if !reflect.DeepEqual(got, want[0]) {
			t.Errorf("%s: got %+v, want %+v", f, got, want[0])
		}
	}
}

func TestWrongLists(t *testing.T) {
	t.Parallel()
	const guid = string(jane)
	for _, c := range []struct {
		name   string
		format roster.Format
		text   string
		line   int // of the wrong row; 0: the list as a whole is wrong
	}{
		{"no line", roster.CSV, "", 0},
		{"no guid", roster.CSV, "name,email\n", 0},
		{"a heading of nothing", roster.CSV, "guid,password\n", 0},
		{"a cell too few", roster.CSV, "guid,name\n" + guid + ",a\n" + guid + "\n", 3},
		{"a line break within", roster.CSV, "guid,name\n" + guid + ",\"a\nb\"\nxx,c\n", 4},
		{"an open quote", roster.CSV, "guid,name\n" + guid + ",\"a\n", 0},
		{"an address of nobody", roster.CSV, "\ufeffGUID, Email\n{" + strings.ToUpper(guid) + "},jane\n", 2},
		{"no JSON", roster.JSONL, "\n\n{\"guid\":\"" + guid + "\"\n", 3},
		{"another member", roster.JSONL, `{"guid":"` + guid + `","admin":true}`, 1},
		{"two values", roster.JSONL, `{"guid":"` + guid + `"} {}`, 1},
		{"a number", roster.JSONL, `{"guid":"` + guid + `","email":7}`, 1},
		{"an endless line", roster.JSONL, strings.Repeat(" ", 2<<20), 0},
	} {
		r, err := roster.NewReader(c.format, strings.NewReader(c.text))
		for err == nil {
			_, err = r.Read()
		}
		if wrong, ok := errors.AsType[*roster.WrongRow](err); ok != (c.line > 0) || ok && wrong.Line != c.line {
			t.Errorf("%s: got %v, want line %d", c.name, err, c.line)
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v (%v), want invalid", c.name, fault.Of(err), err)
		}
	}
}
