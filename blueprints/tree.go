package blueprints

import (
	"errors"
	"fmt"
	"slices"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// node is a piece of what the user wrote, with its place: a struct, a list, or
// a leaf that is concrete or a bound on a number.
type node struct {
	pos    token.Pos
	kind   nodeKind
	fields []field // of a struct, as written
	elems  []*node // of a list
	leaf   ast.Expr
}

type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode
)

type field struct {
	name string
	pos  token.Pos // of the name
	node *node
}

func (n *node) field(name string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.name == name {
			return f.node
		}
	}
	return nil
}

// equal reports whether the same is written in both, wherever it stands.
func (n *node) equal(other *node) bool {
	if n == nil || other == nil {
		return n == other
	}
	switch {
	case n.kind != other.kind:
		return false
	case n.kind == leafNode:
		return exprText(n.leaf) == exprText(other.leaf)
	}
	return slices.EqualFunc(n.elems, other.elems, (*node).equal) &&
		slices.EqualFunc(n.fields, other.fields,
			func(a, b field) bool { return a.name == b.name && a.node.equal(b.node) })
}

// evaluate runs the user's CUE against an open schema.
func (s *session) evaluate(files []*ast.File) (*blueprint, error) {
	b := &blueprint{session: s, file: files[0].Filename, overlays: map[string]*node{}}
	var v cue.Value
	err := source.Bounded(b.file, func() (err error) {
		if v, err = module(true).Build(b.cue, files); err != nil {
			return err
		}
		return v.Validate(cue.All())
	})
	if err != nil {
		return nil, b.problems(err)
	}
	if b.base, err = b.tree(v, 0); err != nil {
		return nil, b.problems(err)
	}
	if b.base.kind != structNode || len(b.base.fields) == 0 {
		return nil, Problems{{File: b.file, Line: 1, Col: 1, Message: "this is not a blueprint: it declares nothing",
			Hint: "begin with `import \"ashlar.dev/blueprint\"` and `blueprint.#Blueprint & {name: ...}`",
			Code: source.NoBlueprint}}
	}
	b.takeOverlays()
	return b, nil
}

// takeOverlays moves the environments out of the base.
func (b *blueprint) takeOverlays() {
	kept := b.base.fields[:0]
	for _, f := range b.base.fields {
		if f.name != "environments" || f.node.kind != structNode {
			kept = append(kept, f)
			continue
		}
		for _, env := range f.node.fields {
			b.overlays[env.name] = env.node
		}
	}
	b.base.fields = kept
}

// tree copies an evaluated value.
func (b *blueprint) tree(v cue.Value, depth int) (*node, error) {
	if depth > source.MaxNesting {
		return nil, Problems{{File: b.file,
			Message: fmt.Sprintf("values are nested deeper than %d", source.MaxNesting), Code: source.TooLarge}}
	}
	if d, ok := v.Default(); ok {
		v = d
	}
	n := &node{pos: module(true).Place(v)}
	switch v.IncompleteKind() {
	case cue.StructKind:
		return n, b.structTree(n, v, depth)
	case cue.ListKind:
		n.kind = listNode
		it, err := v.List()
		if err != nil {
			return nil, err
		}
		for it.Next() {
			e, err := b.tree(it.Value(), depth+1)
			if err != nil {
				return nil, err
			}
			n.elems = append(n.elems, e)
		}
		return n, nil
	}
	expr, ok := v.Syntax(cue.Final()).(ast.Expr)
	if !ok {
		return nil, Problems{b.at(n.pos, v.Path().String(), "this is neither a value nor a bound",
			"").As(source.NotConcrete)}
	}
	n.leaf = expr
	return n, nil
}

func (b *blueprint) structTree(n *node, v cue.Value, depth int) error {
	n.kind = structNode
	it, err := v.Fields(cue.Optional(false), cue.Definitions(false), cue.Hidden(false))
	if err != nil {
		return err
	}
	for it.Next() {
		child, err := b.tree(it.Value(), depth+1)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{name: it.Selector().Unquoted(), pos: child.pos, node: child})
	}
	return nil
}

// expr is the node as CUE syntax again, positions kept.
func (n *node) expr() ast.Expr {
	switch n.kind {
	case structNode:
		s := &ast.StructLit{Lbrace: n.pos, Rbrace: n.pos}
		for _, f := range n.fields {
			label := ast.NewString(f.name)
			label.ValuePos = f.pos
			s.Elts = append(s.Elts, &ast.Field{Label: label, Value: f.node.expr(), TokenPos: f.pos})
		}
		return s
	case listNode:
		l := &ast.ListLit{Lbrack: n.pos, Rbrack: n.pos}
		for _, e := range n.elems {
			l.Elts = append(l.Elts, e.expr())
		}
		return l
	}
	setPos(n.leaf, n.pos)
	return n.leaf
}

func setPos(e ast.Expr, pos token.Pos) {
	ast.Walk(e, func(n ast.Node) bool {
		ast.SetPos(n, pos)
		return true
	}, nil)
}

// at is a problem at a place.
func (b *blueprint) at(pos token.Pos, path, message, hint string) Problem {
	return source.At(pos, b.file, path, message, hint)
}

// problems turns errors of the user's own CUE into problems.
func (b *blueprint) problems(err error) error {
	var found Problems
	if errors.As(err, &found) {
		return found
	}
	if found = module(true).Problems(err, b.file); len(found) > 0 {
		return found
	}
	return err
}
