package salesforce

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"cameo/storage/fault"
)

// readBody reads fields in one of the encodings. A body without a type is JSON, or XML if it begins so.
func (f form) readBody(kind string, text []byte, into map[string]string) error {
	if kind == "" && bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		kind = echo.MIMEApplicationXML
	}
	known := [...]string{
		"", echo.MIMEApplicationJSON, echo.MIMEApplicationXML, echo.MIMETextXML, echo.MIMEApplicationForm,
	}
	switch {
	case !slices.Contains(known[:], kind):
		return unsupportedMedia()
	case !utf8.Valid(text):
		return fault.New(fault.Malformed, "the body is no valid UTF-8")
	}
	switch kind {
	case echo.MIMEApplicationXML, echo.MIMETextXML:
		return f.readXML(text, into)
	case echo.MIMEApplicationForm:
		values, err := url.ParseQuery(string(text))
		if err != nil {
			return fault.Wrap(err, fault.Malformed, "the form cannot be read")
		}
		return f.readQuery(values, into)
	}
	return f.readJSON(text, into)
}

// readQuery takes the parameters that are fields; an address may have others.
func (f form) readQuery(values url.Values, into map[string]string) error {
	for _, name := range f.fields {
		switch all := values[name]; len(all) {
		case 0:
		case 1:
			into[name] = all[0]
		default:
			return refuse(illegalValue, "%s is given twice", name)
		}
	}
	return nil
}

// readJSON walks the object name by name, so that it can say where something is wrong.
func (f form) readJSON(text []byte, into map[string]string) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return unexpected(text, d.InputOffset())
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return unexpected(text, d.InputOffset())
		}
		name, _ := token.(string) // the keys of an object are strings
		if !slices.Contains(f.fields, name) {
			return refuse(jsonError, "Unrecognized field %q at %s", shown(name), position(text, d.InputOffset()))
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return unexpected(text, d.InputOffset())
		}
		switch value := value.(type) {
		case nil: // as good as not there
		case string:
			into[name] = value
		case json.Number:
			into[name] = value.String()
		default:
			return refuse(parseError, "the value of %s at %s is neither a text nor a number",
				name, position(text, d.InputOffset()))
		}
	}
	if _, err := d.Token(); err != nil {
		return unexpected(text, d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return unexpected(text, d.InputOffset())
	}
	return nil
}

// shown is a stranger's text as far as it is repeated.
func shown(s string) string { return s[:min(len(s), 40)] }

func unexpected(text []byte, at int64) error {
	return refuse(jsonError, "Unexpected character at %s", position(text, at))
}

// position says where an offset is, for people.
func position(text []byte, at int64) string {
	before := text[:min(at, int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return "[line:" + strconv.Itoa(line) + ", column:" + strconv.Itoa(column) + "]"
}

// readXML reads the elements below the root.
func (f form) readXML(text []byte, into map[string]string) error {
	d, depth, ended := xml.NewDecoder(bytes.NewReader(text)), 0, false
	name, value := "", ""
	for {
		part, err := d.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return nil
		}
		if err != nil {
			return refuse(xmlError, "the XML cannot be read at %s", position(text, d.InputOffset()))
		}
		switch part := part.(type) {
		case xml.StartElement:
			depth++
			name, value = part.Name.Local, ""
			if ended || depth == 1 && name != f.root || depth == 2 && !slices.Contains(f.fields, name) || depth > 2 {
				return refuse(xmlError, "Unrecognized element %q at %s", shown(name), position(text, d.InputOffset()))
			}
		case xml.CharData:
			value += string(part)
		case xml.EndElement:
			if depth == 2 {
				into[name] = strings.TrimSpace(value)
			}
			depth--
			value, ended = "", depth == 0
		}
	}
}
