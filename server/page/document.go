package page

import (
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is what the page shows of an OpenAPI document, in the order in which it is written.
type document struct {
	Title, About string
	Groups       []group
}

type group struct {
	Name, About string
	Calls       []call
}

// call is one method of one path.
type call struct {
	ID, Method, Path, Summary, About string
	Params                           []param
	Body                             *body // nil: none
	Answers                          []reaction
}

type param struct {
	Name, In, About string
	Required        bool
}

type reaction struct {
	Status, About string
	Example       string // "": none
}

// The parts of OpenAPI that are shown. References are followed where they matter.
type (
	spec struct {
		Info struct{ Title, Description string }
		Tags []struct{ Name, Description string }
		// Paths stays a node because a map would lose the order.
		Paths      yaml.Node
		Components struct {
			Parameters    map[string]specParam
			RequestBodies map[string]specBody `yaml:"requestBodies"`
			Responses     map[string]specResponse
			Schemas       map[string]specSchema
		}
	}
	specOperation struct {
		Tags                 []string
		OperationID          string `yaml:"operationId"`
		Summary, Description string
		Parameters           []specParam
		RequestBody          specBody `yaml:"requestBody"`
		Responses            yaml.Node
	}
	specParam struct {
		Ref                   string `yaml:"$ref"`
		Name, In, Description string
		Required              bool
	}
	specResponse struct {
		Ref         string `yaml:"$ref"`
		Description string
		Content     map[string]specMedia
	}
)

// readDocument reads an OpenAPI document.
func readDocument(text []byte) (document, error) {
	var s spec
	if err := yaml.Unmarshal(text, &s); err != nil {
		return document{}, fmt.Errorf("openapi.yaml: %w", err)
	}
	d := document{Title: s.Info.Title, About: s.Info.Description}
	for _, t := range s.Tags {
		d.Groups = append(d.Groups, group{Name: t.Name, About: t.Description})
	}
	err := each(&s.Paths, func(path string, methods *yaml.Node) error {
		var shared []specParam
		return each(methods, func(method string, node *yaml.Node) error {
			if method == "parameters" {
				return node.Decode(&shared)
			}
			var o specOperation
			if err := node.Decode(&o); err != nil {
				return fmt.Errorf("openapi.yaml: %s %s: %w", method, path, err)
			}
			i := slices.IndexFunc(d.Groups, func(g group) bool { return slices.Contains(o.Tags, g.Name) })
			if i < 0 {
				return fmt.Errorf("openapi.yaml: %s %s has no tag of the list", method, path)
			}
			one, err := s.call(strings.ToUpper(method), path, slices.Concat(shared, o.Parameters), o)
			d.Groups[i].Calls = append(d.Groups[i].Calls, one)
			return err
		})
	})
	return d, err
}

func (s spec) call(method, path string, params []specParam, o specOperation) (call, error) {
	c := call{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, About: o.Description}
	for _, p := range params {
		if p.Ref != "" {
			p = s.Components.Parameters[last(p.Ref)]
		}
		c.Params = append(c.Params, param{p.Name, p.In, p.Description, p.Required})
	}
	var err error
	if c.Body, err = s.body(o.RequestBody); err != nil {
		return c, fmt.Errorf("openapi.yaml: %s %s: %w", method, path, err)
	}
	err = each(&o.Responses, func(status string, node *yaml.Node) error {
		var r specResponse
		if err := node.Decode(&r); err != nil {
			return err
		}
		if r.Ref != "" {
			r = s.Components.Responses[last(r.Ref)]
		}
		media := r.Content["application/json"]
		example, err := written(&media.Example)
		if err != nil {
			return err
		}
		if status == "default" {
			status = "else"
		}
		c.Answers = append(c.Answers, reaction{status, r.Description, example})
		return nil
	})
	return c, err
}

// each calls do for every pair of a mapping, in the order of the text.
func each(n *yaml.Node, do func(key string, value *yaml.Node) error) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := do(n.Content[i].Value, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// last is the name at the end of a reference within the document.
func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// prose is the small part of Markdown that the document uses, as HTML: paragraphs, lists, `code` and
// **bold**.
func prose(text string) template.HTML {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		tag, items := "p", []string{strings.ReplaceAll(block, "\n", " ")}
		switch {
		case strings.HasPrefix(block, "- "):
			tag, items = "ul", strings.Split(strings.TrimPrefix(block, "- "), "\n- ")
		case strings.HasPrefix(block, "1. "):
			tag, items = "ol", regexp.MustCompile(`(?m)^\d+\. `).Split(block, -1)[1:]
		}
		fmt.Fprintf(&out, "<%s>", tag)
		for _, item := range items {
			line := inline(item)
			if tag != "p" {
				line = "<li>" + line + "</li>"
			}
			out.WriteString(line)
		}
		fmt.Fprintf(&out, "</%s>", tag)
	}
	return template.HTML(out.String()) // escaped by inline
}

// breakable lets a long path break in front of its parts.
func breakable(path string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(path), "/", "<wbr>/")) // escaped before
}

func inline(s string) string {
	s = template.HTMLEscapeString(s)
	s = regexp.MustCompile("`([^`]+)`").ReplaceAllString(s, "<code>$1</code>")
	return regexp.MustCompile(`\*\*([^*]+)\*\*`).ReplaceAllString(s, "<b>$1</b>")
}
