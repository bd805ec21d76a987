package roster

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"cameo/association"
	"cameo/storage/fault"
)

// The headings beside the systems' names.
const (
	guidHeading = "guid"
	nameHeading = "name"
)

// headings are those of a list that is written.
func headings() []string {
	all := []string{guidHeading, nameHeading}
	for _, s := range association.Systems() {
		all = append(all, string(s))
	}
	return all
}

// csvReader reads cells by their headings, which may stand in any order and more than once.
type csvReader struct {
	rows *csv.Reader
	head []string
}

func newCSVReader(from io.Reader) (*csvReader, error) {
	buffered := bufio.NewReader(from)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" { // as spreadsheets write it
		_, _ = buffered.Discard(len(mark))
	}
	r := &csvReader{rows: csv.NewReader(buffered)}
	head, err := r.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid,
			"the list is empty: want headings such as %s", strings.Join(headings(), ","))
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid,
			"line 1: want headings such as %s", strings.Join(headings(), ","))
	}
	guid := false
	for _, h := range head {
		h = strings.ToLower(strings.TrimSpace(h))
		_, unknown := association.ParseSystem(h)
		if unknown != nil && h != guidHeading && h != nameHeading {
			return nil, fault.New(fault.Invalid, "line 1: no heading is called %q; there are %s",
				h, strings.Join(headings(), ", "))
		}
		guid = guid || h == guidHeading
		r.head = append(r.head, h)
	}
	if !guid {
		return nil, fault.New(fault.Invalid, "line 1: a heading guid is wanted")
	}
	r.rows.ReuseRecord = true
	return r, nil
}

// Read is Reader's.
func (r *csvReader) Read() (association.Row, error) {
	cells, err := r.rows.Read()
	if errors.Is(err, io.EOF) {
		return association.Row{}, io.EOF
	}
	if wrong, ok := errors.AsType[*csv.ParseError](err); ok && errors.Is(err, csv.ErrFieldCount) {
		return association.Row{}, &WrongRow{association.RowError{Line: wrong.StartLine, Err: fault.New(
			fault.Invalid, "the cells of this line: %d; the headings: %d", len(cells), len(r.head))}}
	}
	if err != nil {
		return association.Row{}, fault.Wrap(err, fault.Invalid, "this is no CSV")
	}
	var guid, name string
	names := map[association.System][]string{}
	for i, h := range r.head {
		switch cell := bare(strings.Clone(cells[i])); h {
		case guidHeading:
			guid = cell
		case nameHeading:
			name = cell
		default:
			names[association.System(h)] = append(names[association.System(h)], cell)
		}
	}
	line, _ := r.rows.FieldPos(0)
	return row(line, guid, name, names)
}

// csvWriter writes a person's second names in a system into rows of their own.
type csvWriter struct{ rows *csv.Writer }

func newCSVWriter(to io.Writer) (*csvWriter, error) {
	w := &csvWriter{csv.NewWriter(to)}
	return w, w.rows.Write(headings())
}

// Write is Writer's.
func (w *csvWriter) Write(r association.Row) error {
	names := bySystem(r)
	for n := 0; ; n++ {
		cells, more := []string{string(r.Person), safe(r.Name)}, n == 0
		for _, s := range association.Systems() {
			cell := ""
			if n < len(names[s]) {
				cell, more = names[s][n], true
			}
			cells = append(cells, safe(cell))
		}
		if !more {
			return nil
		}
		if err := w.rows.Write(cells); err != nil {
			return err
		}
	}
}

// Flush is Writer's.
func (w *csvWriter) Flush() error {
	w.rows.Flush()
	return w.rows.Error()
}

// formulas begin what a spreadsheet would compute. A cell that begins so gets an apostrophe before it, and so
// does one with an apostrophe, that the reader can tell which to take off.
const formulas = "=+-@\t\r'"

func safe(cell string) string {
	if cell != "" && strings.Contains(formulas, cell[:1]) {
		return "'" + cell
	}
	return cell
}

func bare(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.Contains(formulas, cell[1:2]) {
		return cell[1:]
	}
	return cell
}
