package igloo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"

	"cameo/storage/fault"
)

// fields are a body's values by their names in lower case: Igloo's own clients write ContentLength and
// contentLength.
type fields map[string]string

// readFields reads a small body in any of the three encodings that Igloo's clients use for attachments: JSON,
// which is assumed when none is named, a form, or multipart. A body that is none of these is Unsupported; one
// that cannot be read is Malformed.
func readFields(contentType string, from io.Reader) (fields, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" {
		return nil, malformed(err, "the Content-Type cannot be read")
	}
	body, err := io.ReadAll(from) // the route bounds it
	if err != nil {
		return nil, err
	}
	switch kind {
	case "", "application/json":
		return jsonFields(body)
	case "application/x-www-form-urlencoded":
		return formFields(body)
	case "multipart/form-data":
		return partFields(body, params["boundary"])
	}
	return nil, fault.New(fault.Unsupported, "send the fields as JSON, as a form or as multipart/form-data")
}

// jsonFields walks the object name by name: a map would hide a field that is given twice. Only text has a
// value, and a number where one is wanted; anything else is as good as an empty field, and refused as such.
func jsonFields(body []byte) (fields, error) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Malformed, "the body is no valid UTF-8")
	}
	const message = "the body is no JSON object"
	if !json.Valid(body) {
		return nil, fault.New(fault.Malformed, message)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, malformed(err, message)
	}
	f := fields{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, malformed(err, message)
		}
		name, _ := key.(string) // the keys of valid JSON are strings
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, malformed(err, message)
		}
		if err := f.add(name, text(name, value)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// text is the JSON value of the field name as a form would send it; "" if a form could not.
func text(name string, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		if strings.EqualFold(name, "ContentLength") || strings.EqualFold(name, "community") {
			return v.String()
		}
	}
	return ""
}

func formFields(body []byte) (fields, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed(err, "the form cannot be read")
	}
	f := fields{}
	for name, all := range values {
		for _, value := range all {
			if err := f.add(name, value); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func partFields(body []byte, boundary string) (fields, error) {
	f, parts := fields{}, multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, malformed(err, "the multipart body cannot be read")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, malformed(err, "the multipart body cannot be read")
		}
		if err := f.add(part.FormName(), string(value)); err != nil {
			return nil, err
		}
	}
}

// add refuses a second value of one name: which of them is meant, nobody knows.
func (f fields) add(name, value string) error {
	name = strings.ToLower(name)
	if _, twice := f[name]; twice {
		return fault.New(fault.Malformed, "a field is given twice").About(name)
	}
	f[name] = value
	return nil
}

func malformed(cause error, message string) error {
	return fault.Wrap(cause, fault.Malformed, "%s", message)
}
