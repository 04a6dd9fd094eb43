package plan

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// maxConstraint bounds how deep a constraint may nest and how many parts it
// may have: one that a person wrote is far below it.
const (
	maxConstraintDepth = 100
	maxConstraintParts = 10000
)

// Compile checks the constraint and prepares it for judging. Everything that
// is wrong with it is returned together.
func (c Constraint) Compile() (*Matcher, error) {
	k := compiler{left: maxConstraintParts}
	m := k.compile(c, 0)
	if err := errors.Join(k.problems...); err != nil {
		return nil, fmt.Errorf("constraint: %w", err)
	}
	return m, nil
}

type compiler struct {
	left     int
	problems []error
}

func (k *compiler) say(format string, args ...any) {
	k.problems = append(k.problems, fmt.Errorf(format, args...))
}

// aspects splits a constraint into parts that each concern one thing: the
// value itself, its alternatives, its fields or its items.
func (c Constraint) aspects() []Constraint {
	own := c
	own.All, own.Any, own.Fields, own.Items = nil, nil, nil, nil
	var out []Constraint
	if own.Never || len(own.Kinds) > 0 || len(own.Compare) > 0 || own.Size != nil || own.Count != nil {
		out = append(out, own)
	}
	out = append(out, c.All...)
	for _, one := range []Constraint{{Any: c.Any}, {Fields: c.Fields}, {Items: c.Items}} {
		if len(one.Any) > 0 || one.Fields != nil || one.Items != nil {
			out = append(out, one)
		}
	}
	return out
}

func (k *compiler) compile(c Constraint, depth int) *Matcher {
	m := &Matcher{c: c}
	if k.left--; depth > maxConstraintDepth || k.left < 0 {
		if len(k.problems) == 0 {
			k.say("nested deeper than %d, or of more than %d parts", maxConstraintDepth, maxConstraintParts)
		}
		return m
	}
	each := func(cs []Constraint) (out []*Matcher) {
		for _, one := range cs {
			out = append(out, k.compile(one, depth+1))
		}
		return out
	}
	if parts := c.aspects(); len(parts) > 1 || len(c.All) > 0 {
		m.parts = each(parts)
		return m
	}
	m.any = each(c.Any)
	for _, kind := range c.Kinds {
		if !slices.Contains([]Kind{NullKind, BoolKind, IntKind, FloatKind, StringKind, ListKind, StructKind}, kind) {
			k.say("unknown kind %q", kind)
		}
	}
	for _, cmp := range c.Compare {
		m.tests = append(m.tests, comparison(cmp, k.expression(cmp)))
	}
	if s := c.Size; s != nil && !slices.Contains([]Kind{ListKind, StructKind, StringKind}, s.Of) {
		k.say("a %s has no size", s.Of)
	}
	if f := c.Fields; f != nil {
		m.named = map[string]*Matcher{}
		m.order = slices.Sorted(maps.Keys(f.Named))
		for _, name := range m.order {
			m.named[name] = k.compile(f.Named[name].Is, depth+1)
		}
		for _, p := range f.Patterns {
			m.names, m.is = append(m.names, k.compile(p.Name, depth+1)), append(m.is, k.compile(p.Is, depth+1))
		}
	}
	if i := c.Items; i != nil {
		m.first = each(i.First)
		if i.Rest != nil {
			m.rest = k.compile(*i.Rest, depth+1)
		}
	}
	if n := c.Count; n != nil {
		m.of, m.n = each(n.Of), k.compile(n.N, depth+1)
		if n.Each != nil {
			m.each = k.compile(*n.Each, depth+1)
		}
	}
	return m
}

// expression checks a comparison and compiles its regular expression, if any.
func (k *compiler) expression(c Comparison) *regexp.Regexp {
	order := []Op{Less, LessEqual, Greater, GreaterEqual}
	known := []Op{Equal, NotEqual}
	text, isText := c.Value.(string)
	switch c.Value.(type) {
	case nil, bool:
	case float64:
		known = append(known, order...)
	case string:
		known = append(append(known, order...), Matches, NotMatches)
	default:
		k.say("cannot compare with a %T", c.Value)
		return nil
	}
	if !slices.Contains(known, c.Op) {
		k.say("operator %q does not compare with %v", c.Op, c.Value)
		return nil
	}
	if !isText || c.Op != Matches && c.Op != NotMatches {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		k.say("%q is not a valid RE2 expression: %w", text, err)
		return nil
	}
	return re
}
