// Package roster reads and writes lists of people: as CSV with a line of headings, or as JSON Lines. Both are
// streams: no list is ever in memory as a whole.
package roster

import (
	"io"
	"path"

	"cameo/association"
	"cameo/storage/fault"
)

// Format is how a list is written.
type Format string

// The formats.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// ParseFormat reads a Format from text or, if that is "", from a file's name; Invalid.
func ParseFormat(text, file string) (Format, error) {
	if text == "" {
		switch path.Ext(file) {
		case ".csv":
			return CSV, nil
		case ".jsonl", ".ndjson", ".json":
			return JSONL, nil
		}
	}
	switch f := Format(text); f {
	case CSV, JSONL:
		return f, nil
	}
	return "", fault.New(fault.Invalid, "the format must be csv or jsonl")
}

// Reader reads rows.
type Reader interface {
	// Read returns the next row, and io.EOF after the last one. What is wrong with one row is a *WrongRow, and
	// the next can be read; after any other error none can.
	Read() (association.Row, error)
}

// WrongRow is a row that cannot be read.
type WrongRow struct{ association.RowError }

// Error is error's.
func (w *WrongRow) Error() string { return w.Err.Error() }

// Unwrap is for package errors.
func (w *WrongRow) Unwrap() error { return w.Err }

// Writer writes rows.
type Writer interface {
	// Write writes one row.
	Write(r association.Row) error
	// Flush writes what is still held back.
	Flush() error
}

// NewReader reads a list of a format.
func NewReader(f Format, from io.Reader) (Reader, error) {
	if f == CSV {
		return newCSVReader(from)
	}
	return newJSONReader(from), nil
}

// NewWriter writes a list of a format.
func NewWriter(f Format, to io.Writer) (Writer, error) {
	if f == CSV {
		return newCSVWriter(to)
	}
	return newJSONWriter(to), nil
}

// row makes a Row of texts; names are by system. Empty ones say nothing.
func row(line int, guid, name string, names map[association.System][]string) (association.Row, error) {
	wrong := func(err error) (association.Row, error) {
		return association.Row{}, &WrongRow{association.RowError{Line: line, Err: err}}
	}
	r := association.Row{Line: line, Name: name}
	var err error
	if r.Person, err = association.ParseGUID(guid); err != nil {
		return wrong(err)
	}
	for _, system := range association.Systems() {
		for _, text := range names[system] {
			if text == "" {
				continue
			}
			id, err := association.ParseIdentity(system, text)
			if err != nil {
				return wrong(err)
			}
			r.Identities = append(r.Identities, id)
		}
	}
	return r, nil
}

// bySystem sorts a row's names.
func bySystem(r association.Row) map[association.System][]string {
	names := map[association.System][]string{}
	for _, id := range r.Identities {
		names[id.System] = append(names[id.System], id.Shown)
	}
	return names
}
