package gigya

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
)

// object is a part of an answer whose members keep their order, in JSON and in XML.
type object []member

// member has a string, a bool, a number, an object or objects as its value.
type member struct {
	name  string
	value any
}

// MarshalJSON is json.Marshaler's.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// xml is the object as an XML document of Gigya's.
func (o object) xml(root string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	fmt.Fprintf(&b, `<%s xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `, root)
	b.WriteString(`xsi:schemaLocation="urn:com:gigya:api http://socialize-api.gigya.com/schema" `)
	b.WriteString(`xmlns="urn:com:gigya:api">`)
	if err := o.elements(&b); err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "</%s>", root)
	return b.Bytes(), nil
}

func (o object) elements(to *bytes.Buffer) error {
	for _, m := range o {
		values := []any{m.value}
		if many, ok := m.value.([]object); ok {
			values = values[:0]
			for _, one := range many {
				values = append(values, one)
			}
		}
		for _, v := range values {
			to.WriteString("<" + m.name + ">")
			if inner, ok := v.(object); ok {
				if err := inner.elements(to); err != nil {
					return err
				}
			} else if err := xml.EscapeText(to, []byte(fmt.Sprint(v))); err != nil {
				return err
			}
			to.WriteString("</" + m.name + ">")
		}
	}
	return nil
}
