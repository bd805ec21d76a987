package igloo

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"

	"cameo/association"
	"cameo/storage/fault"
)

// signIn is what a client says to get a session.
type signIn struct {
	application    string // a GUID, any
	community      string // "": the only one
	name, password string
}

// sessionFields reads the parameters of a session from the query and the body: a form, JSON, XML, multipart,
// or no body at all. What stands in the body counts.
func sessionFields(r *http.Request, query url.Values) (fields, error) {
	f := fields{}
	for name, all := range query {
		for _, value := range all {
			if err := f.add(name, value); err != nil {
				return nil, err
			}
		}
	}
	body, err := io.ReadAll(r.Body) // the route bounds it
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return f, err
	}
	read := readFields
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // one that cannot be read is no XML
	if kind == "application/xml" || kind == "text/xml" {
		read = func(_ string, from io.Reader) (fields, error) { return xmlFields(from) }
	}
	more, err := read(r.Header.Get("Content-Type"), bytes.NewReader(body))
	maps.Copy(f, more)
	return f, err
}

// xmlFields reads the elements below the root; what is nested deeper has no value.
func xmlFields(from io.Reader) (fields, error) {
	const message = "the body is no XML"
	f, d, depth := fields{}, xml.NewDecoder(from), 0
	var name string
	var value []byte
	for {
		part, err := d.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return f, nil
		}
		if err != nil {
			return nil, malformed(err, message)
		}
		switch part := part.(type) {
		case xml.StartElement:
			depth++
			name, value = part.Name.Local, nil
		case xml.CharData:
			value = append(value, part...)
		case xml.EndElement:
			if depth == 2 {
				if err := f.add(name, string(value)); err != nil {
					return nil, err
				}
			}
			depth--
			name, value = "", nil
		}
	}
}

// signIn reads either of the two sets of parameters that Igloo documents. Whatever is wrong is told at once.
func (f fields) signIn() (signIn, error) {
	application, wrongApplication := association.ParseGUID(f["appid"])
	if wrongApplication != nil {
		wrongApplication = errNoGUID()
	}
	password := cmp.Or(f["password"], f["userpassword"])
	return signIn{string(application), f["community"], f["username"], password}, flat(errors.Join(
		wrongApplication, required("username", f["username"]), required("password", password)))
}

func required(name, value string) error {
	if value != "" {
		return nil
	}
	return fault.New(fault.Invalid, "A required parameter is missing.").About(name)
}

// noGUID is the reason of a parameter that should be a GUID.
const noGUID = "no_guid"

func errNoGUID() error {
	return fault.New(fault.Invalid, "A parameter is present but invalid.").About("appId").Because(noGUID)
}
