package blueprints

import (
	"io/fs"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"

	"github.com/ashlar-dev/ashlar/blueprints/schema"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// Problem is one fault of a blueprint, and where it is.
type Problem = source.Problem

// Problems are what loading returns for a wrong blueprint.
type Problems = source.Problems

// module is the schema; opened, a blueprint evaluates to what the user wrote.
func module(opened bool) source.Module {
	m := source.Module{Path: schema.ImportPath, Package: "blueprint", Files: schema.Files}
	if opened {
		m.Change = source.Open
	}
	return m
}

func parseFiles(fsys fs.FS, dir string) ([]*ast.File, error) {
	r := source.Reader{Noun: "blueprint", Imports: []string{schema.ImportPath},
		Missing: "`ashlar init DIR` makes one, or name the folder that has it"}
	return r.Files(fsys, dir)
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
	v, err := module(false).Value(ctx)
	if err != nil {
		return nil, err
	}
	return &session{cue: ctx, definitions: v}, nil
}

// definition is one of the schema's definitions, such as "#Blueprint".
func (s *session) definition(name string) cue.Value {
	return s.definitions.LookupPath(cue.ParsePath(name))
}
