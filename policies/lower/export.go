package lower

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"
)

// Expression is a constraint as CUE exports it: on its own, with the
// definitions and values it uses.
type Expression struct {
	imports map[string]string   // name -> path
	lets    map[string]ast.Expr // name -> what it stands for
	expr    ast.Expr
	text    string
}

// Export takes the constraint out of its pack.
// CUE exports an evaluated value as syntax that compiles by itself, with imports and
// lets for what it refers to. Its form varies with what the value is, hence the
// cases.
func Export(v cue.Value) (*Expression, error) {
	e := &Expression{imports: map[string]string{}, lets: map[string]ast.Expr{}}
	var decls []ast.Decl
	switch n := v.Syntax(cue.All(), cue.Docs(false), cue.Attributes(false)).(type) {
	case *ast.File:
		decls = n.Decls
	case *ast.StructLit:
		decls = n.Elts
	case ast.Expr:
		decls = []ast.Decl{&ast.EmbedDecl{Expr: n}}
	default:
		return nil, fmt.Errorf("%s is not an expression", v.Path())
	}
	own := &ast.StructLit{}
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.ImportDecl:
			for _, spec := range d.Specs {
				path := strings.Trim(spec.Path.Value, `"`)
				name := path[strings.LastIndexByte(path, '/')+1:]
				if spec.Name != nil {
					name = spec.Name.Name
				}
				e.imports[name] = path
			}
		case *ast.LetClause:
			e.lets[d.Ident.Name] = d.Expr
		default:
			if !e.definition(d) {
				own.Elts = append(own.Elts, d)
			}
		}
	}
	// A constraint that is one expression is exported as a struct around it.
	e.expr = own
	if len(own.Elts) == 1 {
		if one, ok := own.Elts[0].(*ast.EmbedDecl); ok {
			e.expr = one.Expr
		}
	}
	e.fold()
	return e, e.canonical()
}

// definition takes over what CUE writes where the constraint is a definition
// itself, "_#def" and "_#def: {...}", in the form of those that it refers to.
func (e *Expression) definition(d ast.Decl) bool {
	const name, here = "_#def", "DEFINITION_ITSELF"
	switch d := d.(type) {
	case *ast.Field:
		if id, ok := d.Label.(*ast.Ident); ok && id.Name == name {
			e.lets[here] = ast.NewStruct(&ast.Field{Label: ast.NewIdent("#x"), Value: d.Value})
			return true
		}
	case *ast.EmbedDecl:
		if id, ok := d.Expr.(*ast.Ident); ok && id.Name == name {
			d.Expr = &ast.SelectorExpr{X: ast.NewIdent(here), Sel: ast.NewIdent("#x")}
		}
	}
	return false
}

// canonical puts the expression in canonical form and writes it down.
// Only what is used is kept: lets that another constraint needs must not change this
// one's text.
func (e *Expression) canonical() error {
	used := e.used()
	file := &ast.File{}
	for _, name := range slices.Sorted(maps.Keys(e.imports)) {
		if used[name] {
			spec := &ast.ImportSpec{Path: ast.NewString(e.imports[name])}
			if path.Base(e.imports[name]) != name {
				spec.Name = ast.NewIdent(name)
			}
			file.Decls = append(file.Decls, &ast.ImportDecl{Specs: []*ast.ImportSpec{spec}})
		}
	}
	if s, ok := e.expr.(*ast.StructLit); ok {
		file.Decls = append(file.Decls, s.Elts...)
	} else {
		file.Decls = append(file.Decls, &ast.EmbedDecl{Expr: e.expr})
	}
	for _, name := range slices.Sorted(maps.Keys(e.lets)) {
		if used[name] {
			file.Decls = append(file.Decls, &ast.LetClause{Ident: ast.NewIdent(name), Expr: e.lets[name]})
		}
	}
	// Last, so that imports and lets are in canonical form too.
	plain(file)
	b, err := format.Node(file)
	if err != nil {
		return err
	}
	e.text = strings.TrimSpace(string(b)) + "\n"
	return nil
}

// used are the names that the expression refers to, through what it refers to.
func (e *Expression) used() map[string]bool {
	out := map[string]bool{}
	var look func(ast.Node)
	look = func(n ast.Node) {
		ast.Walk(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && !out[id.Name] {
				out[id.Name] = true
				if let, ok := e.lets[id.Name]; ok {
					look(let)
				}
			}
			return true
		}, nil)
	}
	look(e.expr)
	return out
}

// Text is the constraint in canonical form: it compiles to the same constraint,
// and depends neither on layout nor on the order in which things were written.
func (e *Expression) Text() string { return e.text }

// Expr is the constraint without the definitions it uses, for reading.
func (e *Expression) Expr() ast.Expr { return e.expr }

// Definition returns what a selector such as C.#x refers to, with the name it
// goes by here, or nil where that is no definition of the pack's.
func (e *Expression) Definition(sel *ast.SelectorExpr) (string, ast.Expr) {
	x, ok := sel.X.(*ast.Ident)
	if name, _, err := ast.LabelName(sel.Sel); !ok || err != nil || name != "#x" {
		return "", nil
	}
	s, ok := e.lets[x.Name].(*ast.StructLit)
	if !ok || len(s.Elts) != 1 {
		return "", nil
	}
	f, ok := s.Elts[0].(*ast.Field)
	if !ok {
		return "", nil
	}
	if name, _, err := ast.LabelName(f.Label); err != nil || name != "#x" {
		return "", nil
	}
	return x.Name, f.Value
}

// plain puts the syntax in canonical form: no comments or places, and what has
// no order in its order as text.
// The result must not depend on how a rule is laid out: its digest is compared
// between machines and versions of a pack. It changes the syntax in place.
func plain(root ast.Node) {
	inner := map[*ast.BinaryExpr]bool{} // parts of a chain, put in order with it
	ast.Walk(root, func(n ast.Node) bool {
		if e, ok := n.(*ast.BinaryExpr); ok && (e.Op == token.AND || e.Op == token.OR) {
			for _, x := range []ast.Expr{e.X, e.Y} {
				if b := chained(x, e.Op); b != nil {
					inner[b] = true
				}
			}
		}
		return true
	}, func(n ast.Node) {
		ast.SetComments(n, nil)
		ast.SetRelPos(n, token.NoRelPos)
		switch n := n.(type) {
		case *ast.Field:
			n.Value = bare(n.Value)
		case *ast.EmbedDecl:
			n.Expr = bare(n.Expr)
		case *ast.StructLit:
			n.Lbrace, n.Rbrace = token.NoPos, token.NoPos
			n.Elts = ordered(n.Elts)
		case *ast.ListLit:
			n.Lbrack, n.Rbrack = token.NoPos, token.NoPos
		case *ast.BinaryExpr:
			n.OpPos = token.NoPos
			n.X, n.Y = bare(n.X), bare(n.Y)
			if (n.Op == token.AND || n.Op == token.OR) && !inner[n] {
				commute(n)
			}
		}
	})
	if f, ok := root.(*ast.File); ok {
		f.Decls = ordered(f.Decls)
	}
}

// rank keeps imports before everything and definitions behind it.
func rank(d ast.Decl) int {
	switch d.(type) {
	case *ast.ImportDecl:
		return 0
	case *ast.Ellipsis:
		return 2 // must be last of a struct
	case *ast.LetClause:
		return 3
	}
	return 1
}

// ordered sorts declarations by rank and text; fields of a struct have no order.
func ordered(decls []ast.Decl) []ast.Decl {
	type keyed struct {
		ast.Decl
		key string
	}
	all := make([]keyed, len(decls))
	for i, d := range decls {
		all[i] = keyed{d, fmt.Sprintf("%d %s", rank(d), nodeText(d))}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	out := make([]ast.Decl, len(all))
	for i, k := range all {
		out[i] = k.Decl
	}
	return out
}

// bare takes the brackets off {X} and (X) where X is a value or a bound: CUE
// sometimes exports them so.
func bare(x ast.Expr) ast.Expr {
	inner := x
	switch x := x.(type) {
	case *ast.ParenExpr:
		inner = x.X
	case *ast.StructLit:
		if len(x.Elts) == 1 {
			if one, ok := x.Elts[0].(*ast.EmbedDecl); ok {
				inner = one.Expr
			}
		}
	}
	switch inner.(type) {
	case *ast.BasicLit, *ast.UnaryExpr:
		return inner
	}
	return x
}

// chained is the operation of the same kind that x is, brackets aside, or nil.
func chained(x ast.Expr, op token.Token) *ast.BinaryExpr {
	if p, ok := x.(*ast.ParenExpr); ok {
		x = p.X
	}
	if b, ok := x.(*ast.BinaryExpr); ok && b.Op == op {
		return b
	}
	return nil
}

// commute orders the operands of & and |, whose order means nothing.
// Operands that are written twice are kept once. If one is left it is both X and Y,
// which means the same. The chain is built again to the left.
func commute(e *ast.BinaryExpr) {
	var operands []ast.Expr
	var collect func(ast.Expr)
	collect = func(x ast.Expr) {
		if b := chained(x, e.Op); b != nil {
			collect(b.X)
			collect(b.Y)
			return
		}
		operands = append(operands, x)
	}
	collect(e)
	texts := map[ast.Expr]string{}
	for _, o := range operands {
		texts[o] = nodeText(o)
	}
	slices.SortStableFunc(operands, func(a, b ast.Expr) int { return strings.Compare(texts[a], texts[b]) })
	// Sorting has put equal texts side by side.
	operands = slices.CompactFunc(operands, func(a, b ast.Expr) bool { return texts[a] == texts[b] })
	for len(operands) > 2 {
		operands = append([]ast.Expr{&ast.BinaryExpr{X: operands[0], Op: e.Op, Y: operands[1]}}, operands[2:]...)
	}
	e.X = operands[0]
	e.Y = operands[len(operands)-1]
}

// nodeText writes a piece of syntax; a declaration as the only one of a file.
func nodeText(n ast.Node) string {
	if d, ok := n.(ast.Decl); ok {
		n = &ast.File{Decls: []ast.Decl{d}}
	}
	b, err := format.Node(n, format.Simplify())
	if err != nil {
		return fmt.Sprintf("%T", n)
	}
	return string(b)
}

// Names reports whether the constraint names the field at its own level.
func (e *Expression) Names(field string) bool { return e.names(e.expr, field, 0) }

// names looks through everything that could name a field at this level: embedded
// structs, alternatives, definitions and arguments of validators. Fields within other
// fields are at another level and are not looked at.
func (e *Expression) names(x ast.Expr, field string, depth int) bool {
	if depth > 100 {
		return true // deeper than anybody writes: the careful answer
	}
	switch x := x.(type) {
	case *ast.ParenExpr:
		return e.names(x.X, field, depth+1)
	case *ast.UnaryExpr:
		return e.names(x.X, field, depth+1)
	case *ast.BinaryExpr:
		return e.names(x.X, field, depth+1) || e.names(x.Y, field, depth+1)
	case *ast.SelectorExpr:
		_, def := e.Definition(x)
		return def != nil && e.names(def, field, depth+1)
	case *ast.CallExpr:
		return slices.ContainsFunc(x.Args, func(a ast.Expr) bool { return e.names(a, field, depth+1) })
	case *ast.ListLit:
		return slices.ContainsFunc(x.Elts, func(a ast.Expr) bool { return e.names(a, field, depth+1) })
	case *ast.StructLit:
		return slices.ContainsFunc(x.Elts, func(d ast.Decl) bool {
			switch d := d.(type) {
			case *ast.Field:
				name, _, err := ast.LabelName(d.Label)
				return err == nil && name == field
			case *ast.EmbedDecl:
				return e.names(d.Expr, field, depth+1)
			case *ast.Comprehension:
				return e.names(d.Value, field, depth+1)
			}
			return false
		})
	}
	return false
}
