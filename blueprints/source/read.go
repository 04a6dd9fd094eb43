package source

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
)

// The bounds on what is read: CUE here is written and read by people.
const (
	MaxFileBytes  = 1 << 20
	MaxTotalBytes = 4 << 20
	MaxFiles      = 200
	MaxNesting    = 200 // brackets within brackets
)

// Reader reads the .cue files of a folder, which are one package. Files whose
// names begin with a dot or an underscore are left alone.
type Reader struct {
	Noun    string            // what the folder holds, for messages: "blueprint"
	Imports []string          // what may be imported besides CUE's standard library
	Missing string            // what to do where there is no .cue file
	Skip    func(string) bool // further files to leave alone, by name; nil: none
	Prefix  string            // in front of file names in messages, such as "policies/"
}

// Files reads and parses the files of dir in order of name. The error is
// Problems, holding all that was found, unless reading failed.
func (r Reader) Files(fsys fs.FS, dir string) ([]*ast.File, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Noun, err)
	}
	var files []*ast.File
	var problems Problems
	total := 0
	for _, e := range entries {
		if e.IsDir() || !r.wants(e.Name()) {
			continue
		}
		name := r.Prefix + e.Name()
		text, err := r.readBounded(fsys, path.Join(dir, e.Name()), name)
		if err != nil {
			return nil, err
		}
		if total += len(text); total > MaxTotalBytes || len(files) >= MaxFiles {
			return nil, Problems{{File: name,
				Message: fmt.Sprintf("the %s is too large: at most %d files and %d bytes together", r.Noun, MaxFiles,
					MaxTotalBytes), Code: TooLarge}}
		}
		f, found := parseFile(name, text)
		problems = append(problems, found...)
		if f != nil {
			files = append(files, f)
		}
	}
	problems = append(problems, r.onePackage(files)...)
	for _, f := range files {
		problems = append(problems, r.imports(f)...)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	if len(files) == 0 {
		return nil, Problems{{Message: fmt.Sprintf("no .cue file here: this folder contains no %s", r.Noun),
			Hint: r.Missing, Code: NoBlueprint}}
	}
	return files, nil
}

// Parse is Files for one text, under a name for messages.
func (r Reader) Parse(name, text string) ([]*ast.File, error) {
	f, problems := parseFile(name, []byte(text))
	if f != nil {
		problems = append(problems, r.imports(f)...)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return []*ast.File{f}, nil
}

func (r Reader) wants(name string) bool {
	return path.Ext(name) == ".cue" && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") &&
		(r.Skip == nil || !r.Skip(name))
}

func (r Reader) readBounded(fsys fs.FS, file, name string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Noun, err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", r.Noun, name, err)
	}
	if len(text) > MaxFileBytes {
		return nil, Problems{{File: name,
			Message: fmt.Sprintf("larger than %d bytes; a %s is read by people: split it, or keep data in data files",
				MaxFileBytes, r.Noun), Code: TooLarge}}
	}
	return text, nil
}

func parseFile(name string, text []byte) (*ast.File, Problems) {
	if deep(text) {
		return nil, Problems{{File: name, Line: 1, Col: 1,
			Message: fmt.Sprintf("brackets are nested deeper than %d", MaxNesting), Code: TooLarge}}
	}
	f, err := parser.ParseFile(name, text, parser.ParseComments)
	var out Problems
	for _, e := range cueerrors.Errors(err) {
		p := e.Position()
		format, args := e.Msg()
		out = append(out, Problem{File: name, Line: p.Line(), Col: p.Column(), Message: "the CUE does not parse: " +
			fmt.Sprintf(format, args...), Code: Syntax})
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
	return most > MaxNesting
}

// onePackage finds files that are of another package than the first.
func (r Reader) onePackage(files []*ast.File) Problems {
	var out Problems
	for _, f := range files[min(1, len(files)):] {
		if a, b := files[0].PackageName(), f.PackageName(); a != b {
			p := f.Pos()
			out = append(out, Problem{File: f.Filename, Line: max(1, p.Line()), Col: max(1, p.Column()),
				Message: fmt.Sprintf("package %q, but %s is package %q", b, files[0].Filename, a),
				Hint: fmt.Sprintf("a %s is one package; use the same name in every file of the folder",
					r.Noun), Code: TwoPackages})
		}
	}
	return out
}

// imports finds imports that cannot be resolved: no registry is asked, so there
// is what is embedded and CUE's standard library.
func (r Reader) imports(f *ast.File) Problems {
	var out Problems
	for spec := range f.ImportSpecs() {
		name := strings.Trim(spec.Path.Value, `"`)
		first, _, _ := strings.Cut(name, "/")
		if slices.Contains(r.Imports, name) || !strings.Contains(first, ".") {
			continue
		}
		p := spec.Path.Pos()
		out = append(out, Problem{File: f.Filename, Line: p.Line(), Col: p.Column(),
			Message: fmt.Sprintf("unknown import %q; a %s may import %s and CUE's standard library", name, r.Noun,
				List(r.Imports)), Hint: nearest.Hint(name, r.Imports), Code: UnknownImport})
	}
	return out
}
