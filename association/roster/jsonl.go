package roster

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"cameo/association"
	"cameo/storage/fault"
)

// longestLine bounds a line of JSON, in bytes.
const longestLine = 1 << 20

// person is a line.
type person struct {
	GUID       string `json:"guid"`
	Name       string `json:"name,omitempty"`
	Gigya      texts  `json:"gigya,omitempty"`
	Salesforce texts  `json:"salesforce,omitempty"`
	Login      texts  `json:"login,omitempty"`
	Email      texts  `json:"email,omitempty"`
}

// texts are an array; one text alone may stand for it.
type texts []string

// UnmarshalJSON is json.Unmarshaler's.
func (t *texts) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		*t = texts{""}
		return json.Unmarshal(b, &(*t)[0])
	}
	return json.Unmarshal(b, (*[]string)(t))
}

type jsonReader struct {
	lines *bufio.Scanner
	line  int
}

func newJSONReader(from io.Reader) *jsonReader {
	r := &jsonReader{lines: bufio.NewScanner(from)}
	r.lines.Buffer(nil, longestLine)
	return r
}

// Read is Reader's. Empty lines are passed over.
func (r *jsonReader) Read() (association.Row, error) {
	for r.lines.Scan() {
		r.line++
		text := bytes.TrimSpace(r.lines.Bytes())
		if len(text) == 0 {
			continue
		}
		var p person
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		err := d.Decode(&p)
		if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
			err = errors.New("there is more than one value")
		}
		if err != nil {
			return association.Row{}, &WrongRow{association.RowError{Line: r.line, Err: fault.New(
				fault.Invalid, "this is no person in JSON: %v", err)}}
		}
		return row(r.line, p.GUID, p.Name, map[association.System][]string{
			association.Gigya: p.Gigya, association.Salesforce: p.Salesforce,
			association.Login: p.Login, association.Email: p.Email,
		})
	}
	if err := r.lines.Err(); err != nil {
		return association.Row{}, fault.Wrap(err, fault.Invalid, "line %d cannot be read", r.line+1)
	}
	return association.Row{}, io.EOF
}

type jsonWriter struct {
	to    *bufio.Writer
	lines *json.Encoder
}

func newJSONWriter(to io.Writer) *jsonWriter {
	w := &jsonWriter{to: bufio.NewWriter(to)}
	w.lines = json.NewEncoder(w.to)
	w.lines.SetEscapeHTML(false)
	return w
}

// Write is Writer's.
func (w *jsonWriter) Write(r association.Row) error {
	names := bySystem(r)
	return w.lines.Encode(person{
		GUID: string(r.Person), Name: r.Name, Gigya: names[association.Gigya],
		Salesforce: names[association.Salesforce], Login: names[association.Login], Email: names[association.Email],
	})
}

// Flush is Writer's.
func (w *jsonWriter) Flush() error { return w.to.Flush() }
