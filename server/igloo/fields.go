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

	"cameo/storage/fault"
)

// fields are a body's values by their names in lower case: Igloo's own clients write ContentLength and
// contentLength.
type fields map[string]string

// readFields reads a small body in any of the three encodings that Igloo's clients use: JSON, which is
// assumed when none is named, a form, or multipart. A body that is none of these is Unsupported; one that
// cannot be read is Malformed.
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

func jsonFields(body []byte) (fields, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, malformed(err, "the body is no JSON object")
	}
	f := fields{}
	for name, raw := range object {
		value := string(raw)
		if value == "null" {
			continue
		}
		if value[0] == '"' {
			if err := json.Unmarshal(raw, &value); err != nil {
				return nil, malformed(err, "the body is no JSON object")
			}
		}
		if err := f.add(name, value); err != nil {
			return nil, err
		}
	}
	return f, nil
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
