package boot_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link matches the target of a link or a picture in Markdown, without the place inside of it.
var link = regexp.MustCompile(`\]\(([^)#\s]+)`)

// links are the files of this repository that a document names, from the root. A link that leads nowhere is
// an error.
func links(t *testing.T, name string) map[string]bool {
	t.Helper()
	top, found := root(t), map[string]bool{}
	text, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range link.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		to := filepath.Join(filepath.Dir(name), filepath.FromSlash(m[1]))
		if _, err := os.Stat(filepath.Join(top, to)); err != nil {
			t.Errorf("%s: the link %s leads nowhere", name, m[1])
		}
		found[to] = true
	}
	return found
}

// documents are the Markdown files of a folder below the root.
func documents(t *testing.T, folder string) []string {
	t.Helper()
	top := root(t)
	found, err := filepath.Glob(filepath.Join(top, folder, "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: got %v and %v, want documents", folder, found, err)
	}
	for i, name := range found {
		if found[i], err = filepath.Rel(top, name); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// Whoever begins at README.md finds every document, and every link leads somewhere.
func TestEveryDocumentIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ folder, index string }{
		{"docs", "README.md"},
		{"docs/decisions", "docs/decisions/README.md"},
		{"docs/benchmarks", "docs/benchmarks/README.md"},
		{".", ""},
	} {
		named := map[string]bool{}
		if c.index != "" {
			named = links(t, c.index)
		}
		for _, name := range documents(t, c.folder) {
			links(t, name)
			if c.index != "" && name != filepath.FromSlash(c.index) && !named[name] {
				t.Errorf("%s is not listed in %s", name, c.index)
			}
		}
	}
}

// A decision has the number of its file in its heading, and in the list.
func TestDecisionsHaveTheirNumbers(t *testing.T) {
	t.Parallel()
	list := deployed(t, "docs/decisions/README.md")
	heading := regexp.MustCompile(`^# (\d+)\. \S`)
	for _, name := range documents(t, filepath.Join("docs", "decisions")) {
		file := filepath.Base(name)
		if file == "README.md" {
			continue
		}
		number, _, _ := strings.Cut(file, "-")
		got := heading.FindStringSubmatch(deployed(t, filepath.ToSlash(name)))
		if len(got) != 2 || strings.TrimLeft(number, "0") != got[1] {
			t.Errorf("%s: its heading has not the number of the file", name)
		}
		if !strings.Contains(list, "| ["+number+"]("+file+") | ") {
			t.Errorf("%s: the list has it not, or under another number", name)
		}
	}
}
