package source

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// Module is a CUE package of ours that users import: its .cue files, embedded.
type Module struct {
	Path    string // what is imported: "ashlar.dev/blueprint"
	Package string // "blueprint"
	Files   fs.FS
	// Change is what becomes of each declaration; nil keeps all as they are.
	Change func(ast.Node) ast.Node
}

// Holds reports whether the position is in the module rather than in what a
// user wrote.
func (m Module) Holds(p token.Pos) bool { return strings.HasPrefix(p.Filename(), m.Path+"/") }

// Build makes one value of the files, which may import the module and CUE's
// standard library. It reads no file system and asks no registry.
func (m Module) Build(ctx *cue.Context, files []*ast.File) (cue.Value, error) {
	b := m.builder()
	inst := b.context.NewInstance(m.Package, b.load)
	for _, f := range files {
		if err := inst.AddSyntax(f); err != nil {
			return cue.Value{}, err
		}
	}
	if err := inst.Complete(); err != nil {
		return cue.Value{}, err
	}
	if b.failed != nil {
		return cue.Value{}, b.failed
	}
	v := ctx.BuildInstance(inst)
	return v, v.Err()
}

// Value makes a value of the module itself, for its definitions.
func (m Module) Value(ctx *cue.Context) (cue.Value, error) {
	b := m.builder()
	inst := b.load(token.NoPos, m.Path)
	if b.failed != nil {
		return cue.Value{}, b.failed
	}
	v := ctx.BuildInstance(inst)
	if v.Err() != nil {
		return cue.Value{}, fmt.Errorf("schema: %w", v.Err())
	}
	return v, nil
}

// builder answers the imports of one build.
type builder struct {
	Module
	context *build.Context
	failed  error
}

func (m Module) builder() *builder {
	b := &builder{Module: m}
	b.context = build.NewContext(build.Loader(b.load))
	return b
}

// load answers an import. nil means a package of the standard library.
func (b *builder) load(_ token.Pos, importPath string) *build.Instance {
	if importPath != b.Path {
		return nil
	}
	inst := b.context.NewInstance("schema", b.load)
	inst.ImportPath, inst.PkgName = b.Path, b.Package
	err := fs.WalkDir(b.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Dir(name) != "." || path.Ext(name) != ".cue" {
			return err
		}
		text, err := fs.ReadFile(b.Files, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(b.Path+"/"+name, text)
		if err != nil {
			return err
		}
		if b.Change != nil {
			for n, d := range f.Decls {
				f.Decls[n], _ = b.Change(d).(ast.Decl)
			}
		}
		return inst.AddSyntax(f)
	})
	if err != nil {
		b.failed = fmt.Errorf("schema: %w", err)
	}
	if err := inst.Complete(); err != nil {
		b.failed = fmt.Errorf("schema: %w", err)
	}
	return inst
}

// Open replaces "#Name: {...}" by an open struct, so that evaluating what a
// user wrote against it gives that and nothing else.
func Open(n ast.Node) ast.Node {
	f, ok := n.(*ast.Field)
	if !ok {
		return n
	}
	return &ast.Field{Label: f.Label, Value: ast.NewStruct(&ast.Ellipsis{})}
}

// Problems turns errors of the user's own CUE into Problems, each at the first
// place of it that the user wrote, or else in the file that otherwise names.
func (m Module) Problems(err error, otherwise string) Problems {
	var found Problems
	for _, e := range cueerrors.Errors(err) {
		pos := e.Position()
		for _, p := range e.InputPositions() {
			if !m.Holds(p) {
				pos = p
				break
			}
		}
		format, args := e.Msg()
		found = append(found, At(pos, otherwise, strings.Join(e.Path(), "."),
			fmt.Sprintf(format, args...), "").As(Contradiction))
	}
	return found.Sorted()
}

// At is a problem at a place, or in the file that otherwise names.
func At(pos token.Pos, otherwise, path, message, hint string) Problem {
	p := Problem{File: pos.Filename(), Line: pos.Line(), Col: pos.Column(), Path: path, Message: message, Hint: hint}
	if !pos.IsValid() {
		p.File, p.Line, p.Col = otherwise, 0, 0
	}
	return p
}

// Place returns where a user wrote the value, and an invalid position where the
// module alone did.
func (m Module) Place(v cue.Value) token.Pos {
	if s, ok := v.Source().(*ast.Field); ok && !m.Holds(s.Pos()) {
		return s.Pos()
	}
	if p := v.Pos(); p.IsValid() && !m.Holds(p) {
		return p
	}
	_, parts := v.Expr()
	for _, part := range parts {
		if p := part.Pos(); p.IsValid() && !m.Holds(p) {
			return p
		}
	}
	return token.NoPos
}
