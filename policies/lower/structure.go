package lower

import (
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// structure lowers a struct: its fields, patterns and what is embedded in it.
//
// A definition's structs are closed, and "..." opens them again. Outside of
// definitions a struct is open, as everywhere in CUE.
func (l *lowerer) structure(s *ast.StructLit, closed bool) (plan.Constraint, error) {
	if len(s.Elts) == 1 && !closed {
		if one, ok := s.Elts[0].(*ast.EmbedDecl); ok {
			c, err := l.lower(one.Expr, closed) // {X} is X
			if err == nil && c.Fields != nil && c.Fields.Closed {
				return c, refuseEmbedded(one.Expr)
			}
			return c, err
		}
	}
	b := structBuilder{lowerer: l, closed: closed, fields: plan.Fields{Closed: closed}}
	for _, d := range s.Elts {
		if err := b.add(d); err != nil {
			return plan.Constraint{}, err
		}
	}
	if b.ellipsis {
		b.fields.Closed = false
	}
	return and(plan.Constraint{Fields: &b.fields}, b.also), nil
}

// structBuilder gathers the declarations of one struct.
type structBuilder struct {
	*lowerer
	closed   bool // the struct is in a definition
	fields   plan.Fields
	also     plan.Constraint // what is embedded and has no fields
	ellipsis bool
}

// add takes one declaration. What constrains other fields in ways that only CUE has
// is refused.
func (b *structBuilder) add(d ast.Decl) error {
	switch d := d.(type) {
	case *ast.Field:
		return b.field(d)
	case *ast.Ellipsis:
		if d.Type != nil {
			return refuse("it constrains its other fields with ...")
		}
		b.ellipsis = true
		return nil
	case *ast.EmbedDecl:
		return b.embed(d.Expr)
	case *ast.Attribute:
		return nil
	case *ast.Comprehension:
		return refuse("it has a comprehension (for, if), which only CUE evaluates")
	}
	return refuse("%T is not understood", d)
}

// field takes a field, regular, optional (?) or required (!). A regular field and a
// required one mean the same of a value from JSON, which is always concrete; within
// matchN they do not.
func (b *structBuilder) field(f *ast.Field) error {
	if pattern, ok := f.Label.(*ast.ListLit); ok {
		return b.pattern(pattern, f.Value)
	}
	name, isIdent, err := ast.LabelName(f.Label)
	if err != nil {
		return refuse("the name of a field is computed")
	}
	if isIdent && (name[0] == '_' || name[0] == '#') {
		return refuse("it has a hidden field %s", name)
	}
	if b.counting && f.Constraint == token.ILLEGAL {
		return broken("inside matchN a field that is not there counts as matching: write %s!", name)
	}
	is, err := b.lower(f.Value, b.closed)
	if err != nil {
		return err
	}
	b.put(name, plan.Field{Optional: f.Constraint == token.OPTION, Is: is})
	return nil
}

// put adds a field, or joins it with one of the same name: it is optional only if
// both are.
func (b *structBuilder) put(name string, f plan.Field) {
	if b.fields.Named == nil {
		b.fields.Named = map[string]plan.Field{}
	}
	if have, ok := b.fields.Named[name]; ok {
		f.Optional = f.Optional && have.Optional
		f.Is = and(have.Is, f.Is)
	}
	b.fields.Named[name] = f
}

// pattern takes [name]: value, which constrains every field whose name fits.
func (b *structBuilder) pattern(label *ast.ListLit, value ast.Expr) error {
	if len(label.Elts) != 1 {
		return refuse("%s is not a pattern of names", nodeText(label))
	}
	name, err := b.lower(label.Elts[0], false)
	if err != nil {
		return err
	}
	is, err := b.lower(value, b.closed)
	if err != nil {
		return err
	}
	b.fields.Patterns = append(b.fields.Patterns, plan.Pattern{Name: name, Is: is})
	return nil
}

// refuseEmbedded refuses a closed struct in braces: in CUE 0.17 it depends on
// what the braces meet whether they are closed.
func refuseEmbedded(e ast.Expr) error {
	return refuse("it embeds %s, which is closed; join it with & instead", nodeText(e))
}

// embed takes a struct's fields over.
// A size of the struct may be embedded as well; anything else means in CUE that the
// struct is that value too.
func (b *structBuilder) embed(e ast.Expr) error {
	c, err := b.lower(e, b.closed)
	if err != nil {
		return err
	}
	if c.Fields == nil || !same(c, plan.Constraint{Fields: c.Fields}) {
		if c.Size == nil || c.Size.Of != plan.StructKind || !same(c, plan.Constraint{Size: c.Size}) {
			return refuse("it embeds %s among fields; join them with & instead", nodeText(e))
		}
		b.also = and(b.also, c)
		return nil
	}
	if c.Fields.Closed && !b.closed {
		return refuseEmbedded(e)
	}
	for name, f := range c.Fields.Named {
		b.put(name, f)
	}
	b.fields.Patterns = append(b.fields.Patterns, c.Fields.Patterns...)
	return nil
}

// list lowers a list: items by position, and with "..." those that follow.
func (l *lowerer) list(s *ast.ListLit, closed bool) (plan.Constraint, error) {
	items := &plan.Items{}
	for _, e := range s.Elts {
		switch e := e.(type) {
		case *ast.Comprehension:
			return plan.Constraint{}, refuse("it has a comprehension (for, if), which only CUE evaluates")
		case *ast.Ellipsis:
			rest := plan.Constraint{}
			if e.Type != nil {
				var err error
				if rest, err = l.lower(e.Type, closed); err != nil {
					return rest, err
				}
			}
			items.Rest = &rest
		default:
			c, err := l.lower(e, closed)
			if err != nil {
				return c, err
			}
			items.First = append(items.First, c)
		}
	}
	return plan.Constraint{Items: items}, nil
}
