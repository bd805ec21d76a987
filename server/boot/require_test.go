package boot_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A test that lacks something of the machine must fail in continuous integration: what it asks for by Require is in the
// list of deploy/tools/test.sh, and nothing else is.
func TestWhatTestsRequireIsRequiredInCI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "deploy", "tools", "test.sh"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "local ")
		if names, ok := strings.CutPrefix(line, "required="); ok {
			listed = append(listed, strings.Split(strings.TrimPrefix(names, "$required,"), ",")...)
		}
	}
	asked := []string{"s3"} // by storage/blobs/s3/s3test, which may not know Require
	for _, f := range sources(t) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && called(call) == "Require" && len(call.Args) == 4 {
				asked = append(asked, required(t, f, call)...)
			}
			return true
		})
	}
	slices.Sort(listed)
	slices.Sort(asked)
	if asked = slices.Compact(asked); !slices.Equal(listed, asked) {
		t.Errorf("test.sh requires %v, tests ask for %v", listed, asked)
	}
}

// called is the name of a function that is called, without its package.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// required is the name that a call of Require has; none where Require hands on its own.
func required(t *testing.T, f source, call *ast.CallExpr) []string {
	t.Helper()
	switch name := call.Args[1].(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(name.Value)
		if err != nil {
			t.Fatalf("%s: %v", f.at(call), err)
		}
		return []string{text}
	case *ast.Ident:
		if name.Name == "name" && f.name == "server/servertest/require.go" {
			return nil
		}
	}
	t.Errorf("%s: the name of what is required is not written here", f.at(call))
	return nil
}
