package blueprints

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"cuelang.org/go/cue/ast"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// The bounds on what is read: a blueprint is read by people.
const (
	maxFileBytes  = 1 << 20
	maxTotalBytes = 4 << 20
	maxFiles      = 200
	maxNesting    = 200 // brackets within brackets
)

// parseFiles reads and parses the .cue files of dir, which are one package.
func parseFiles(fsys fs.FS, dir string) ([]*ast.File, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("blueprint: %w", err)
	}
	var files []*ast.File
	var problems Problems
	total := 0
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || path.Ext(name) != ".cue" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		text, err := readBounded(fsys, path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if total += len(text); total > maxTotalBytes || len(files) >= maxFiles {
			return nil, Problems{{File: name, Message: fmt.Sprintf("the blueprint is too large: at most %d files and %d bytes together", maxFiles, maxTotalBytes)}}
		}
		f, found := parseFile(name, text)
		problems = append(problems, found...)
		if f != nil {
			files = append(files, f)
		}
	}
	problems = append(problems, onePackage(files)...)
	for _, f := range files {
		problems = append(problems, imports(f)...)
	}
	if len(problems) > 0 {
		return nil, problems.sorted()
	}
	if len(files) == 0 {
		return nil, Problems{{Message: "no .cue file here: this folder holds no blueprint", Hint: "`ashlar init DIR` makes one, or name the folder that has it"}}
	}
	return files, nil
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("blueprint: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("blueprint: %s: %w", name, err)
	}
	if len(text) > maxFileBytes {
		return nil, Problems{{File: name, Message: fmt.Sprintf("larger than %d bytes; a blueprint is read by people: split it, or keep data in data files", maxFileBytes)}}
	}
	return text, nil
}

func parseFile(name string, text []byte) (*ast.File, Problems) {
	if deep(text) {
		return nil, Problems{{File: name, Line: 1, Col: 1, Message: fmt.Sprintf("brackets are nested deeper than %d", maxNesting)}}
	}
	f, err := parser.ParseFile(name, text, parser.ParseComments)
	var out Problems
	for _, e := range cueerrors.Errors(err) {
		p := e.Position()
		format, args := e.Msg()
		out = append(out, Problem{File: name, Line: p.Line(), Col: p.Column(), Message: "the CUE does not parse: " + fmt.Sprintf(format, args...)})
	}
	return f, out
}

// deep reports whether brackets nest deeper than a parser should follow. Those
// in strings and comments count too, which only makes it stricter.
func deep(text []byte) bool {
	depth, most := 0, 0
	for _, c := range text {
		switch c {
		case '{', '[', '(':
			depth++
			most = max(most, depth)
		case '}', ']', ')':
			depth = max(0, depth-1)
		}
	}
	return most > maxNesting
}

// onePackage finds files that are of another package than the first.
func onePackage(files []*ast.File) Problems {
	var out Problems
	for _, f := range files[min(1, len(files)):] {
		if a, b := files[0].PackageName(), f.PackageName(); a != b {
			p := f.Pos()
			out = append(out, Problem{File: f.Filename, Line: max(1, p.Line()), Col: max(1, p.Column()),
				Message: fmt.Sprintf("package %q, but %s is package %q", b, files[0].Filename, a), Hint: "a blueprint is one package; use the same name in every file of the folder"})
		}
	}
	return out
}

// imports finds imports that cannot be resolved: a blueprint needs no registry,
// so it has the schema and CUE's standard library.
func imports(f *ast.File) Problems {
	var out Problems
	for spec := range f.ImportSpecs() {
		name := strings.Trim(spec.Path.Value, `"`)
		first, _, _ := strings.Cut(name, "/")
		if name == schema.ImportPath || !strings.Contains(first, ".") {
			continue
		}
		p := spec.Path.Pos()
		out = append(out, Problem{File: f.Filename, Line: p.Line(), Col: p.Column(),
			Message: fmt.Sprintf("unknown import %q; a blueprint may import %q and CUE's standard library", name, schema.ImportPath), Hint: nearest(name, []string{schema.ImportPath})})
	}
	return out
}
