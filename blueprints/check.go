package blueprints

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// checked is a blueprint in one environment that the schema accepts.
type checked struct {
	*blueprint
	tree  *node     // what the user wrote
	value cue.Value // with the schema's defaults
	raw   any       // the value, lowered
}

// checkSchema checks the tree against #Blueprint and explains every difference.
func checkSchema(b *blueprint, tree *node) (*checked, error) {
	closed := b.definition("#Blueprint")
	user := b.cue.BuildExpr(tree.expr(), cue.InferBuiltins(false))
	if err := user.Err(); err != nil {
		return nil, b.problems(err)
	}
	c := &checked{blueprint: b, tree: tree, value: closed.Unify(user)}
	e := explainer{checked: c, schema: closed, seen: map[string]bool{}}
	e.errors(c.value.Validate(cue.All()))
	// What is sound is gone through once; what is not, again, for an explanation.
	var err error
	if len(e.found) == 0 {
		if c.raw, err = lower(c.value, nil); err != nil {
			e.incomplete(c.value, nil)
		}
	}
	if len(e.found) > 0 {
		return nil, e.found.Sorted()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// explainer puts CUE's errors into a newcomer's words, one a path.
type explainer struct {
	*checked
	schema cue.Value
	seen   map[string]bool
	found  Problems
}

func (e *explainer) errors(err error) {
	all := cueerrors.Errors(err)
	for _, one := range all {
		path := e.known(one.Path())
		key := strings.Join(path, "\x00")
		if e.seen[key] {
			continue
		}
		e.seen[key] = true
		e.explain(path, one)
	}
}

// known cuts a path of the whole value down to what the user can see of it.
func (e *explainer) known(path []string) []string {
	if len(path) > 0 && strings.HasPrefix(path[0], "#") {
		path = path[1:]
	}
	out := make([]string, len(path))
	for i, p := range path {
		out[i] = strings.Trim(p, `"`)
	}
	return out
}

func (e *explainer) explain(path []string, one cueerrors.Error) {
	format, args := one.Msg()
	raw := fmt.Sprintf(format, args...)
	parent, name := e.schemaAt(path[:max(0, len(path)-1)]), ""
	if len(path) > 0 {
		name = path[len(path)-1]
	}
	if strings.Contains(raw, "not allowed") {
		allowed := fieldNames(parent)
		e.unknown(path, allowed)
		return
	}
	if strings.Contains(raw, "required but not present") {
		e.add(source.MissingField, path, fmt.Sprintf("%q is missing", name), "add it")
		return
	}
	message := raw
	if found := e.written(path); found != "" {
		if allowed := describe(e.schemaAt(path)); allowed != "" {
			message = fmt.Sprintf("found %s; allowed: %s", found, allowed)
		}
	}
	hint := ""
	if word, ok := e.text(path); ok {
		hint = nearest.Hint(word, choices(e.schemaAt(path)))
	}
	e.add(source.WrongValue, path, message, hint)
}

// unknown reports a field that the schema does not have.
func (e *explainer) unknown(path, allowed []string) {
	name := path[len(path)-1]
	e.add(source.UnknownField, path, fmt.Sprintf("unknown field %q; known are %s", name, source.Known(name, allowed)),
		nearest.Hint(name, allowed))
}

func (e *explainer) add(code source.Code, path []string, message, hint string) {
	e.found = append(e.found, e.at(e.placeOf(path), strings.Join(path, "."), message, hint).As(code))
}

// placeOf is the position of the deepest part of the path that the user wrote.
func (c *checked) placeOf(path []string) token.Pos { return c.tree.placeOf(path) }

// child is the field of that name or the element of that index.
func (n *node) child(name string) *node {
	if n.kind == listNode {
		var i int
		if _, err := fmt.Sscanf(name, "%d", &i); err == nil && i >= 0 && i < len(n.elems) {
			return n.elems[i]
		}
		return nil
	}
	return n.field(name)
}

func (c *checked) nodeAt(path []string) *node {
	n := c.tree
	for _, name := range path {
		if n = n.child(name); n == nil {
			return nil
		}
	}
	return n
}

// written is what the user has at the path.
func (e *explainer) written(path []string) string {
	n := e.nodeAt(path)
	switch {
	case n == nil:
		return ""
	case n.kind == structNode:
		return "a struct"
	case n.kind == listNode:
		return "a list"
	}
	switch lit := n.leaf.(type) {
	case *ast.BasicLit:
		return lit.Value
	default:
		return exprText(n.leaf)
	}
}

func (e *explainer) text(path []string) (string, bool) {
	n := e.nodeAt(path)
	if n == nil || n.kind != leafNode {
		return "", false
	}
	lit, ok := n.leaf.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	return strings.Trim(lit.Value, `"`), true
}

// schemaAt is the schema's constraint at a path, through patterns and lists.
func (e *explainer) schemaAt(path []string) cue.Value {
	v := e.schema
	for i, name := range path {
		next := v.LookupPath(cue.MakePath(cue.Str(name).Optional()))
		if !next.Exists() {
			next = v.LookupPath(cue.MakePath(cue.AnyString))
		}
		if !next.Exists() {
			next = v.LookupPath(cue.MakePath(cue.AnyIndex))
		}
		// What an `if` adds is not seen from outside.
		if i == 2 && name == "params" {
			if algorithm, ok := e.text([]string{path[0], path[1], "algorithm"}); ok {
				next = e.definition(parameters[algorithm])
			}
		}
		if next.Exists() && next.IncompleteKind() == cue.StructKind {
			if d, ok := next.Default(); ok {
				next = d
			}
		}
		v = next
	}
	return v
}

func selectors(path []string) cue.Path {
	out := make([]cue.Selector, len(path))
	for i, name := range path {
		out[i] = cue.Str(name)
	}
	return cue.MakePath(out...)
}

// fieldNames are the fields that a schema struct knows, sorted.
func fieldNames(v cue.Value) []string {
	it, err := v.Fields(cue.Optional(true))
	if err != nil {
		return nil
	}
	var out []string
	for it.Next() {
		out = append(out, it.Selector().Unquoted())
	}
	slices.Sort(out)
	return out
}
