package policies

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies/schema"
)

// module is the schema; opened, a pack evaluates to what its author wrote.
func module(opened bool) source.Module {
	m := source.Module{Path: schema.ImportPath, Package: "policy", Files: schema.Files}
	if opened {
		m.Change = source.Open
	}
	return m
}

// Source is a folder that holds a pack.
type Source struct {
	FS     fs.FS
	Dir    string
	Prefix string // in front of file names in messages, such as "policies/"
	// Trusted skips the check against the schema, which the tests of a pack that
	// ships have made.
	Trusted bool
	// Cases reads the pack's *_test.cue files too, which hold cases.
	Cases bool
	// Text is the pack itself, instead of FS and Dir.
	Text string
}

// pack is one folder's rules and what it asks of other packs' rules, as CUE.
type pack struct {
	ctx   *cue.Context
	name  string
	title string
	file  string // where a problem has no better place
	value cue.Value
	found source.Problems
	// The schema was checked by the tests of what ships.
	trusted bool
	source  Source
}

// readPack reads a folder. The error is source.Problems unless reading failed.
// A problem in a file ends it only where nothing further can be learnt. Evaluation
// is bounded in time and memory, as packs may come from a repository that anybody
// may send changes to; imports are limited to the schema.
func readPack(ctx *cue.Context, s Source) (*pack, error) {
	r := source.Reader{Noun: "policy pack", Imports: []string{schema.ImportPath},
		Missing: "a pack is a folder of .cue files that begin with a package clause", Prefix: s.Prefix}
	if !s.Cases {
		r.Skip = func(name string) bool { return strings.HasSuffix(name, "_test.cue") }
	}
	var files []*ast.File
	var err error
	if s.Text != "" {
		files, err = r.Parse(s.Prefix, s.Text)
	} else {
		files, err = r.Files(s.FS, s.Dir)
	}
	if err != nil {
		return nil, err
	}
	p := &pack{ctx: ctx, file: files[0].Filename, trusted: s.Trusted}
	for _, f := range files {
		p.found = append(p.found, misleading(f)...)
	}
	err = source.Bounded(p.file, func() (err error) {
		if p.value, err = module(true).Build(ctx, files); err != nil {
			return err
		}
		return p.value.Validate()
	})
	var given source.Problems
	if errors.As(err, &given) {
		return nil, given
	}
	if err != nil {
		return nil, append(p.found, module(true).Problems(err, p.file)...).Sorted()
	}
	p.shape()
	if len(p.found) > 0 {
		return nil, p.found.Sorted()
	}
	return p, nil
}

// misleading finds CUE that does not mean in a pack what it seems to.
// In CUE, {} is an open struct that everything fits, while authors mean an empty or
// any struct by it.
func misleading(f *ast.File) source.Problems {
	var out source.Problems
	ast.Walk(f, func(n ast.Node) bool {
		e, ok := n.(*ast.BinaryExpr)
		if !ok || e.Op != token.AND {
			return true
		}
		for _, x := range []ast.Expr{e.X, e.Y} {
			if s, ok := x.(*ast.StructLit); ok && len(s.Elts) == 0 {
				out = append(out, source.At(s.Pos(), f.Filename, "", "an empty struct beside & has no constraint",
					"write {...} for any struct").As(source.WrongPack))
			}
		}
		return true
	}, nil)
	return out
}

var packName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// shape checks the pack against the schema, all but the constraints in it.
// Constraints are left out, for they are not values of the schema: compile checks
// them.
func (p *pack) shape() {
	// Without a name the pack's rules have no IDs, so nothing else is looked at.
	name := p.value.LookupPath(cue.ParsePath("name"))
	if !name.Exists() {
		p.say(p.value, "name", `"name" is missing`, `such as name: "house"`)
		return
	}
	p.name, _ = name.String()
	p.title = p.text(p.value, "title")
	if !packName.MatchString(p.name) {
		p.say(name, "name", "a pack's name has lower-case letters, digits and dashes, beginning with a letter", "")
	}
	if p.trusted {
		return
	}
	whole, err := module(false).Value(p.ctx)
	if err != nil {
		p.say(p.value, "", err.Error(), "")
		return
	}
	s := shaper{pack: p, whole: whole}
	s.check()
}

// say notes a problem at the place of the value.
func (p *pack) say(v cue.Value, path, message, hint string) {
	p.found = append(p.found, source.At(module(true).Place(v), p.file, path, message, hint).As(source.WrongPack))
}

// text is the named text of the value, or "".
func (p *pack) text(v cue.Value, name string) string {
	s, err := v.LookupPath(cue.MakePath(cue.Str(name))).String()
	if err != nil {
		return ""
	}
	return s
}

// newContext is a CUE context with this package's defaults.
func newContext() *cue.Context { return cuecontext.New() }
