// Package boot_test holds the checks of the house itself: which room may import which, and how large things may grow.
// The files are read with go/parser on every run; `go list` in a child process would be hidden by the test cache.
package boot_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// picture is the drawing of docs/architecture.md, line by line: A → B says that A may import B.
// "storage/blobs/*" is each room below storage/blobs that has no line of its own.
const picture = `
cmd/cameo              → server/boot, server/client
server/boot            → everything
server/servertest      → everything
server/servertest/renderer → association/imaging, storage/fault
server                 → server/igloo, server/gigya, server/resumable, server/tus, server/salesforce, server/photos, server/people, server/sessions, server/ops, server/page, server/auth, server/rate, server/replay, server/reply, storage/fault
server/gigya           → server/auth, server/reply, association, association/fetch, association/imaging, storage, storage/fault
server/igloo           → server/auth, server/reply, association, association/imaging, storage, storage/fault
server/tus             → server/auth, server/reply, storage, storage/fault
server/resumable       → server/auth, server/reply, storage, storage/fault
server/salesforce      → server/auth, server/reply, association, association/imaging, storage, storage/fault
server/photos          → server/auth, server/replay, server/reply, association, association/imaging, storage, storage/fault
server/people          → server/auth, server/reply, association, storage, storage/fault
server/sessions        → server/auth, server/reply, association, storage, storage/fault
server/auth            → server/reply, association, storage, storage/fault
server/auth/authtest   → standard library
server/ops             → storage/fault
server/page            → server/auth, server/reply, association, storage, storage/fault, docs/api
server/rate            → storage, storage/fault
server/rate/tally      → server/rate, storage, storage/sqldb
server/client          → storage, storage/fault
server/replay          → standard library
server/reply           → storage/fault
association            → association/imaging, storage, storage/fault
association/album      → association, association/imaging, storage, storage/fault, storage/sqldb
association/directory  → association, association/imaging, storage, storage/fault, storage/sqldb
association/roster     → association, storage/fault
association/imaging    → storage/fault
association/fetch      → storage/fault
association/imaging/imagingtest → standard library
storage                → storage/fault
storage/ledger         → storage, storage/fault, storage/sqldb
storage/ledger/ledgertest → storage, storage/sqldb
storage/blobs/*        → storage, storage/fault
storage/blobs/disk/powertest → storage/blobs/disk, storage/fault
storage/blobs/s3/s3test → storage/blobs/s3, storage
storage/sqldb          → storage/fault
storage/sqldb/sqltest  → storage/sqldb
storage/fault          → standard library
storage/fault/point    → standard library
docs/api               → standard library
`

// everywhere may be imported from any room: a failpoint is only a mark, and it is empty in a released binary.
var everywhere = []string{"storage/fault/point"}

// forTests may be imported by any _test.go file besides what its room may import: a test chooses its own parts
// (a real database, a store in memory, a whole instance), which the room itself must leave to server/boot, and may hold
// answers against the interface's description.
// Shut even for them: one dialect from another, association from storage, and server from below except as the whole
// instance that servertest starts.
var forTests = []string{
	"storage/blobs/*", "storage/blobs/disk/powertest", "storage/blobs/s3/s3test",
	"storage/sqldb", "storage/sqldb/sqltest", "storage/ledger", "storage/ledger/ledgertest", "association/*", "association/imaging/imagingtest",
	"server/auth/authtest", "server/boot", "server/client", "server/rate/tally", "server/servertest", "docs/api",
}

// fences names the rooms that may know a foreign library (or a part of the standard one); nobody else may.
var fences = []struct {
	library string
	rooms   []string // a room and all below it
}{
	{"github.com/labstack/echo", []string{"server"}},
	{"github.com/labstack/gommon", []string{"server"}},
	{"github.com/tus/tusd", []string{"server/tus"}},
	{"github.com/aws", []string{"storage/blobs/s3"}},
	{"modernc.org/sqlite", []string{"storage/sqldb"}},
	{"github.com/jackc/pgx", []string{"storage/sqldb"}},
	{"github.com/pressly/goose", []string{"storage/sqldb"}},
	{"github.com/prometheus", []string{"server/ops"}},
	{"code.dny.dev/ssrf", []string{"association/fetch"}},
	{"net/http", []string{"server", "cmd", "association/fetch", "storage/blobs/s3"}},
	{"os/exec", []string{"cmd", "server/servertest", "storage/blobs/s3/s3test", "storage/sqldb/sqltest"}},
	{"testing", []string{
		"server/servertest", "server/auth/authtest",
		"storage/blobs/blobstest", "storage/blobs/disk/powertest", "storage/blobs/s3/s3test", "storage/sqldb/sqltest",
		"storage/ledger/ledgertest",
	}},
}

// The size of things. A file that reaches its limit is split by noun; a function is split by step.
const (
	maxFile, maxTestFile = 300, 500 // lines
	maxFunction          = 60       // lines of body; tests are exempt, a table of cases may be long
	maxInterface         = 6        // methods
)

// topFolders are all there may be at the top, beside folders of tools (a dot in front) and what a run leaves behind.
var topFolders = []string{"association", "cmd", "deploy", "docs", "server", "storage", "bin", "data"}

// namesOfNothing say where a thing was put, not what it is.
var namesOfNothing = []string{
	"util", "utils", "common", "helper", "helpers", "model", "models", "manager", "misc", "internal", "pkg",
}

func TestImportsFollowTheArrows(t *testing.T) {
	t.Parallel()
	drawn := arrows(t, picture)
	for _, f := range sources(t) {
		for _, to := range f.imports {
			to, ours := strings.CutPrefix(to, "cameo/")
			switch {
			case !ours, to == f.room, slices.Contains(everywhere, to), allowed(drawn, f.room, to):
			case f.test && matches(forTests, to):
			default:
				t.Errorf("%s: %s → %s is not drawn in docs/architecture.md", f.name, f.room, to)
			}
		}
	}
}

func TestForeignLibrariesStayBehindTheirFences(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.test {
			continue // a test may speak to the foreign part directly, to see what we made of it
		}
		for _, fence := range fences {
			outside := !slices.ContainsFunc(fence.rooms, func(r string) bool { return within(f.room, r) })
			for _, to := range f.imports {
				if outside && within(to, fence.library) {
					t.Errorf("%s: %s may be imported only in %v", f.name, to, fence.rooms)
				}
			}
		}
	}
}

// Every room has a line in the picture, and every line has a room: the picture is of this house and no other.
func TestThePictureShowsEveryRoom(t *testing.T) {
	t.Parallel()
	drawn := arrows(t, picture)
	rooms := map[string]bool{}
	for _, f := range sources(t) {
		rooms[f.room] = true
		if _, ok := line(drawn, f.room); !ok && !f.test {
			t.Errorf("%s: the room %q is not in the picture", f.name, f.room)
		}
	}
	for room := range drawn {
		found := slices.ContainsFunc(keys(rooms), func(r string) bool { return matches([]string{room}, r) })
		if !found {
			t.Errorf("the picture shows %s, which has no Go file", room)
		}
	}
}

func TestTheDocumentDrawsTheSameArrows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "\n```arrows\n")
	block, _, closed := strings.Cut(block, "\n```")
	if !found || !closed {
		t.Fatal("docs/architecture.md has no block that starts with ```arrows")
	}
	got, want := arrows(t, block), arrows(t, picture)
	for room := range want {
		if !slices.Equal(got[room], want[room]) {
			t.Errorf("%s: the document says %v, the test %v", room, got[room], want[room])
		}
	}
	for room := range got {
		if _, ok := want[room]; !ok {
			t.Errorf("%s: drawn in the document and not in the test", room)
		}
	}
}

func TestTheTopHoldsOnlyTheAgreedFolders(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case !e.IsDir() && strings.HasSuffix(name, ".go"):
			t.Errorf("%s: no Go file belongs in the root", name)
		case e.IsDir() && !strings.HasPrefix(name, ".") && !slices.Contains(topFolders, name):
			t.Errorf("%s: no such folder was agreed on at the top", name)
		}
	}
	for _, f := range sources(t) {
		if slices.Contains(namesOfNothing, path.Base(f.room)) {
			t.Errorf("%s: a folder is named after what it holds, not %q", f.name, path.Base(f.room))
		}
	}
}

func TestNothingGrowsBeyondItsLimit(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		limit := maxFile
		if f.test {
			limit = maxTestFile
		}
		if f.lines > limit {
			t.Errorf("%s has %d lines, at most %d: split it by noun", f.name, f.lines, limit)
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if it, ok := n.(*ast.InterfaceType); ok && it.Methods.NumFields() > maxInterface {
				t.Errorf("%s: an interface has %d methods, at most %d", f.at(n), it.Methods.NumFields(), maxInterface)
			}
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Body != nil && !f.test && f.body(fn) > maxFunction {
				t.Errorf("%s: %s has %d lines, at most %d", f.at(n), fn.Name.Name, f.body(fn), maxFunction)
			}
			return true
		})
	}
}

// The rules themselves, on cases whose answer is known: a check that never fails proves nothing.
func TestTheRulesBite(t *testing.T) {
	t.Parallel()
	drawn := arrows(t, picture)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"server/igloo", "storage", true},
		{"server/igloo", "server/photos", false},
		{"storage", "association", false},
		{"association", "server/reply", false},
		{"association", "storage/ledger", false},
		{"storage/blobs/disk", "storage", true},
		{"storage/blobs/disk", "storage/ledger", false},
		{"storage/blobs/disk", "storage/blobs/mem", false},
		{"server/boot", "storage/blobs/disk", true},
		{"cmd/cameo", "storage", false},
		{"storage/fault", "storage", false},
		{"nowhere", "storage", false},
	} {
		if got := allowed(drawn, c.from, c.to); got != c.want {
			t.Errorf("%s → %s: allowed is %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if within("storagex", "storage") || !within("storage/key", "storage") || !within("storage", "storage") {
		t.Error("within must compare whole names")
	}
}

// source is one Go file of the module.
type source struct {
	name, room string // both from the module's root, with slashes
	test       bool
	lines      int
	imports    []string
	syntax     *ast.File
	set        *token.FileSet
}

func (s source) at(n ast.Node) string {
	return s.name + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

func (s source) body(fn *ast.FuncDecl) int {
	return s.set.Position(fn.Body.Rbrace).Line - s.set.Position(fn.Body.Lbrace).Line - 1
}

// root is the folder of go.mod, upward from the test.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// sources reads every Go file of the module, whatever its build tags: a tag must not hide an arrow.
func sources(t *testing.T) []source {
	t.Helper()
	top, all := root(t), []source(nil)
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			hidden := rel != "." && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_"))
			ours := !slices.Contains([]string{"deploy/tools", "data", "bin"}, rel)
			if hidden || !ours || d.Name() == "node_modules" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") {
			all = append(all, read(t, name, rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func read(t *testing.T, name, rel string) source {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := source{name: rel, room: path.Dir(rel), test: strings.HasSuffix(rel, "_test.go"), set: token.NewFileSet()}
	s.lines = strings.Count(string(text), "\n")
	s.syntax, err = parser.ParseFile(s.set, rel, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range s.syntax.Imports {
		to, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		s.imports = append(s.imports, to)
	}
	return s
}

// arrows reads a drawing: room → what it may import, sorted.
func arrows(t *testing.T, drawing string) map[string][]string {
	t.Helper()
	drawn := map[string][]string{}
	for l := range strings.Lines(drawing) {
		if strings.TrimSpace(l) == "" {
			continue
		}
		from, to, ok := strings.Cut(l, "→")
		from = strings.TrimSpace(from)
		if _, twice := drawn[from]; !ok || twice {
			t.Fatalf("not an arrow, or a second line for one room: %q", l)
		}
		drawn[from] = []string{}
		for room := range strings.SplitSeq(to, ",") {
			if room = strings.TrimSpace(room); room != "standard library" {
				drawn[from] = append(drawn[from], room)
			}
		}
		slices.Sort(drawn[from])
	}
	return drawn
}

func allowed(drawn map[string][]string, from, to string) bool {
	targets, _ := line(drawn, from)
	return slices.Contains(targets, "everything") || matches(targets, to)
}

// line is the room's own line, or that of its parent's star.
func line(drawn map[string][]string, room string) ([]string, bool) {
	if targets, ok := drawn[room]; ok {
		return targets, true
	}
	targets, ok := drawn[path.Dir(room)+"/*"]
	return targets, ok
}

// matches says whether the room is named, by itself or by its parent's star.
func matches(names []string, room string) bool {
	return slices.Contains(names, room) || slices.Contains(names, path.Dir(room)+"/*")
}

func within(name, of string) bool { return name == of || strings.HasPrefix(name, of+"/") }

func keys(rooms map[string]bool) []string {
	names := make([]string, 0, len(rooms))
	for room := range rooms {
		names = append(names, room)
	}
	return names
}
