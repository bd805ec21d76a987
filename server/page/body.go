package page

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// body is what a call takes: one or more forms of it.
type body struct {
	About    string
	Required bool
	Forms    []bodyForm
}

// bodyForm is one way to write a body, good for some media types.
type bodyForm struct {
	Types   []string
	Fields  []field // none: the bytes of a file
	Example string  // "": none
}

type field struct {
	Name, Type, About string
	Required          bool
}

// The parts of OpenAPI that describe bodies.
type (
	specBody struct {
		Ref         string `yaml:"$ref"`
		Description string
		Required    bool
		Content     yaml.Node // stays a node because a map would lose the order
	}
	specMedia struct {
		Schema  specSchema
		Example yaml.Node
	}
	specSchema struct {
		Ref                       string `yaml:"$ref"`
		Type, Format, Description string
		Required                  []string
		Enum                      []string
		OneOf                     []specSchema `yaml:"oneOf"`
		Items                     *specSchema
		Properties                yaml.Node
	}
)

// body is nil where a call takes none.
func (s spec) body(b specBody) (*body, error) {
	if b.Ref != "" {
		b = s.Components.RequestBodies[last(b.Ref)]
	}
	shown := body{About: b.Description, Required: b.Required}
	err := each(&b.Content, func(media string, node *yaml.Node) error {
		var m specMedia
		if err := node.Decode(&m); err != nil {
			return err
		}
		f := bodyForm{Types: []string{media}}
		var err error
		if f.Fields, err = s.fields(m.Schema); err != nil {
			return err
		}
		if f.Example, err = written(&m.Example); err != nil {
			return err
		}
		for i := range shown.Forms {
			one := &shown.Forms[i]
			if slices.Equal(one.Fields, f.Fields) && (f.Example == "" || f.Example == one.Example) {
				one.Types = append(one.Types, media)
				return nil
			}
		}
		shown.Forms = append(shown.Forms, f)
		return nil
	})
	if err != nil || len(shown.Forms) == 0 {
		return nil, err
	}
	return &shown, nil
}

func (s spec) fields(of specSchema) (all []field, err error) {
	of = s.schema(of)
	err = each(&of.Properties, func(name string, node *yaml.Node) error {
		var p specSchema
		if err := node.Decode(&p); err != nil {
			return err
		}
		about := p.Description
		p = s.schema(p)
		if about == "" {
			about = p.Description
		}
		all = append(all, field{name, s.typed(p), about, slices.Contains(of.Required, name)})
		return nil
	})
	return all, err
}

func (s spec) schema(of specSchema) specSchema {
	if of.Ref != "" {
		return s.Components.Schemas[last(of.Ref)]
	}
	return of
}

// typed names a schema's type as a person would.
func (s spec) typed(of specSchema) string {
	of = s.schema(of)
	switch {
	case len(of.OneOf) > 0:
		var kinds []string
		for _, one := range of.OneOf {
			kinds = append(kinds, s.typed(one))
		}
		return strings.Join(kinds, " or ")
	case len(of.Enum) > 0:
		return strings.Join(of.Enum, " or ")
	case of.Items != nil:
		return "list of " + s.typed(*of.Items)
	case of.Format == "binary":
		return "file"
	}
	return of.Type
}

// written is an example as it would be sent: text as it is, all else in JSON in the order of the document.
func written(example *yaml.Node) (string, error) {
	if example.IsZero() {
		return "", nil
	}
	if example.Kind == yaml.ScalarNode && example.Tag == "!!str" {
		return example.Value, nil
	}
	compact, err := jsonOf(example)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = json.Indent(&out, compact, "", "  ")
	return out.String(), err
}

func jsonOf(n *yaml.Node) (json.RawMessage, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return jsonOf(n.Alias)
	case yaml.MappingNode:
		var parts [][]byte
		err := each(n, func(key string, value *yaml.Node) error {
			name, err := json.Marshal(key)
			if err != nil {
				return err
			}
			text, err := jsonOf(value)
			parts = append(parts, slices.Concat(name, []byte(":"), text))
			return err
		})
		return slices.Concat([]byte("{"), bytes.Join(parts, []byte(",")), []byte("}")), err
	case yaml.SequenceNode:
		var parts [][]byte
		for _, one := range n.Content {
			text, err := jsonOf(one)
			if err != nil {
				return nil, err
			}
			parts = append(parts, text)
		}
		return slices.Concat([]byte("["), bytes.Join(parts, []byte(",")), []byte("]")), nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
