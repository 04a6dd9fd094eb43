package blueprints

import (
	"fmt"
	"io/fs"
	"path"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
)

// instances builds CUE packages from syntax alone: no file system, no registry.
// A blueprint may import the schema and CUE's standard library.
type instances struct {
	context *build.Context
	schema  func(ast.Node) ast.Node // what becomes of each declaration of the schema
	failed  error
}

func newInstances(open bool) *instances {
	i := &instances{}
	i.context = build.NewContext(build.Loader(i.load))
	if open {
		i.schema = openDefinition
	}
	return i
}

// load answers an import. nil means a package of the standard library.
func (i *instances) load(_ token.Pos, importPath string) *build.Instance {
	if importPath != schema.ImportPath {
		return nil
	}
	inst := i.context.NewInstance("schema", i.load)
	inst.ImportPath, inst.PkgName = schema.ImportPath, "blueprint"
	err := fs.WalkDir(schema.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Dir(name) != "." || path.Ext(name) != ".cue" {
			return err
		}
		text, err := fs.ReadFile(schema.Files, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(schemaPrefix+name, text)
		if err != nil {
			return err
		}
		if i.schema != nil {
			for n, d := range f.Decls {
				f.Decls[n], _ = i.schema(d).(ast.Decl)
			}
		}
		return inst.AddSyntax(f)
	})
	if err != nil {
		i.failed = fmt.Errorf("schema: %w", err)
	}
	if err := inst.Complete(); err != nil {
		i.failed = fmt.Errorf("schema: %w", err)
	}
	return inst
}

// schemaPrefix marks positions that are the schema's, not the user's.
const schemaPrefix = "ashlar.dev/blueprint/"

// openDefinition replaces "#Name: {...}" by an open struct, so that evaluating
// a blueprint against it gives what the user wrote and nothing else.
func openDefinition(n ast.Node) ast.Node {
	f, ok := n.(*ast.Field)
	if !ok {
		return n
	}
	return &ast.Field{Label: f.Label, Value: ast.NewStruct(&ast.Ellipsis{})}
}

// build makes one value of the files.
func (i *instances) build(ctx *cue.Context, files []*ast.File) (cue.Value, error) {
	inst := i.context.NewInstance("blueprint", i.load)
	for _, f := range files {
		if err := inst.AddSyntax(f); err != nil {
			return cue.Value{}, err
		}
	}
	if err := inst.Complete(); err != nil {
		return cue.Value{}, err
	}
	if i.failed != nil {
		return cue.Value{}, i.failed
	}
	v := ctx.BuildInstance(inst)
	return v, v.Err()
}

// session is a CUE context with the schema compiled in it. Contexts keep what
// was built in them, so a session serves a number of blueprints and is replaced.
type session struct {
	cue         *cue.Context
	definitions cue.Value
	used        int
}

func newSession() (*session, error) {
	ctx := cuecontext.New()
	i := newInstances(false)
	inst := i.load(token.NoPos, schema.ImportPath)
	if i.failed != nil {
		return nil, i.failed
	}
	v := ctx.BuildInstance(inst)
	if v.Err() != nil {
		return nil, fmt.Errorf("schema: %w", v.Err())
	}
	return &session{cue: ctx, definitions: v}, nil
}

// definition is one of the schema's definitions, such as "#Blueprint".
func (s *session) definition(name string) cue.Value {
	return s.definitions.LookupPath(cue.ParsePath(name))
}
