package architecture

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// wholeReads may read something whole without saying how much of it: nobody
// outside says how long it is.
var wholeReads = map[string]string{
	"runtime/confine/process_linux.go":               "files of the kernel",
	"runtime/confine/cgroup_linux.go":                "files of the kernel",
	"runtime/confine/descriptors_linux.go":           "files of the kernel",
	"runtime/train/histogram/reference/reference.go": "embedded",
	"runtime/store/collect.go":                       "a buffer over a limited reader",
	"blueprints/source/build.go":                     "embedded",
	"templates/starter/starter.go":                   "embedded",
	"runtime/registry/migrate.go":                    "embedded",
	"cmd/ashlar/init.go":                             "embedded",
	"stacks/image/archive.go":                        "layers of an image that it made itself",
	"stacks/image/compile.go":                        "go.mod of a folder above, and what the Go tool has just built",
	"stacks/github/githubtest/server.go":             "what a test sends",
}

// What comes from outside is read up to a limit: with plan.ReadFile and
// plan.ReadAll, or through an io.LimitReader that it can be seen to go through.
func TestWhatIsReadIsBounded(t *testing.T) {
	used := map[string]bool{}
	for _, s := range project(t) {
		if s.test() || strings.HasPrefix(s.path, "tests/") {
			continue
		}
		for _, what := range unboundedReads(s) {
			used[s.path] = true
			if wholeReads[s.path] == "" {
				t.Error(what)
			}
		}
	}
	for file := range wholeReads {
		if !used[file] {
			t.Errorf("%s reads nothing without a limit; is the list out of date?", file)
		}
	}
}

func TestWhatIsReadIsBoundedBites(t *testing.T) {
	for text, wrong := range map[string]bool{
		`os.ReadFile("x")`:                          true,
		`fs.ReadFile(nil, "x")`:                     true,
		`io.ReadAll(r.Body)`:                        true,
		`io.ReadAll(io.LimitReader(r, 10))`:         false,
		`io.ReadAll(http.MaxBytesReader(w, r, 10))`: false,
		`json.NewDecoder(r.Body).Decode(&v)`:        true,
		`json.NewDecoder(bytes.NewReader(text))`:    false,
		`json.NewDecoder(strings.NewReader(text))`:  false,
		`json.NewDecoder(io.LimitReader(r, 10))`:    false,
		`yaml.NewDecoder(f).Decode(&v)`:             true,
		`xml.NewDecoder(f).Decode(&v)`:              true,
		`gob.NewDecoder(f).Decode(&v)`:              true,
		`bytes.NewBuffer(nil).ReadFrom(r)`:          true,
		`b.ReadFrom(io.LimitReader(r, 10))`:         false,
		// to where is not to be seen; see unpacked in runtime/dataset
		`io.Copy(&b, gz)`: false,
	} {
		s := mustParse(t, "runtime/x/x.go", "package x\nfunc f() { "+text+" }\n")
		if got := unboundedReads(s); (len(got) > 0) != wrong {
			t.Errorf("%s: found %v", text, got)
		}
	}
}

// unboundedReads are the places of a file that read into memory without a limit
// that is to be seen.
func unboundedReads(s source) []string {
	var out []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		name := calledName(call)
		bad := false
		switch name {
		case "os.ReadFile", "fs.ReadFile":
			bad = true
		case "io.ReadAll", "json.NewDecoder", "yaml.NewDecoder", "xml.NewDecoder", "gob.NewDecoder":
			bad = !limited(call.Args[0])
		default:
			bad = strings.HasSuffix(name, ".ReadFrom") && !limited(call.Args[0])
		}
		if bad {
			out = append(out, fmt.Sprintf("%s:%d: %s of what may be as long as somebody likes: use plan.ReadFile or plan.ReadAll with a limit", s.path, s.fset.Position(n.Pos()).Line, name))
		}
		return true
	})
	return out
}

// calledName is package.Function or receiver.Method of a call.
func calledName(c *ast.CallExpr) string {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name + "." + sel.Sel.Name
	}
	return "." + sel.Sel.Name
}

// limited reports whether the reader is seen to end.
func limited(e ast.Expr) bool {
	c, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch calledName(c) {
	case "io.LimitReader", "http.MaxBytesReader", "bytes.NewReader", "strings.NewReader",
		"bytes.NewBuffer", "bytes.NewBufferString":
		return true
	}
	return false
}
