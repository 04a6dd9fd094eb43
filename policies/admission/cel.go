package admission

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// CEL writes the constraint as a CEL expression about the value that x stands
// for. It is true where the constraint holds, false where it does not, and never
// an error. x is evaluated more than once.
//
// CEL has errors where a field is missing or a type is wrong, and an error would
// refuse by failurePolicy with a message that helps nobody. So every access is
// behind a test of type or presence, and && stops at the first that is false.
func CEL(c plan.Constraint, x string) (string, error) {
	t := translator{}
	out := t.expr(c, x, 0)
	if err := errors.Join(t.problems...); err != nil {
		return "", err
	}
	return out, nil
}

// translator gathers what CEL cannot say.
type translator struct{ problems []error }

// refuse notes a problem and returns a text in its place, so that translating goes on
// to find the others.
func (t *translator) refuse(format string, args ...any) string {
	t.problems = append(t.problems, fmt.Errorf(format, args...))
	return "false"
}

// expr translates; depth numbers the variables of nested macros.
// The order of the parts matters: kinds first, since what follows relies on them.
func (t *translator) expr(c plan.Constraint, x string, depth int) string {
	// A field that must not be there is an optional one that never holds.
	if c.Never {
		return "false"
	}
	var parts []string
	if len(c.Kinds) > 0 {
		parts = append(parts, either(c.Kinds, func(k plan.Kind) string { return isKind(k, x) }))
	}
	for _, cmp := range c.Compare {
		parts = append(parts, t.comparison(cmp, x))
	}
	for _, one := range c.All {
		parts = append(parts, t.expr(one, x, depth))
	}
	if len(c.Any) > 0 {
		parts = append(parts, either(c.Any, func(one plan.Constraint) string { return t.expr(one, x, depth) }))
	}
	if c.Size != nil {
		parts = append(parts, size(c.Size, x))
	}
	if c.Fields != nil {
		parts = append(parts, t.fields(c.Fields, x, depth))
	}
	if c.Items != nil {
		parts = append(parts, t.items(c.Items, x, depth))
	}
	if c.Count != nil {
		parts = append(parts, t.count(c.Count, x, depth))
	}
	return all(parts)
}

// all joins conditions that must all hold.
func all(parts []string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "true" })
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " && ")
}

// either joins conditions of which one must hold.
// One that is always true makes the whole true. Parts with && get brackets, as &&
// binds more tightly than ||, for people who read the text.
func either[T any](of []T, write func(T) string) string {
	parts := make([]string, len(of))
	for i, one := range of {
		parts[i] = write(one)
		if parts[i] == "true" {
			return "true"
		}
		if strings.Contains(parts[i], " && ") {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " || ") + ")"
}

var celTypes = map[plan.Kind]string{
	plan.NullKind: "null_type", plan.BoolKind: "bool", plan.StringKind: "string",
	plan.ListKind: "list", plan.StructKind: "map",
}

// whole is a double without a fraction, which is an int here as in plan.KindOf.
// int() of a double beyond 2^63 is an error in CEL, and beyond 2^53 doubles have no
// fractions, hence the first two tests.
const whole = `(%[1]s >= 9007199254740992.0 || %[1]s <= -9007199254740992.0 || double(int(%[1]s)) == %[1]s)`

// isKind tests a value's kind. JSON has one kind of number: an object's 1 may arrive
// as an int or as a double, and both are ints here.
func isKind(k plan.Kind, x string) string {
	switch k {
	case plan.IntKind:
		return fmt.Sprintf("(type(%[1]s) == int || (type(%[1]s) == double && "+whole+"))", x)
	case plan.FloatKind:
		return fmt.Sprintf("(type(%[1]s) == double && !"+whole+")", x)
	}
	return fmt.Sprintf("type(%s) == %s", x, celTypes[k])
}

// comparison tests the type first. Numbers are compared as doubles, since CEL refuses
// to compare an int with a double. strconv.Quote writes what CEL reads.
func (t *translator) comparison(c plan.Comparison, x string) string {
	op := string(c.Op)
	switch want := c.Value.(type) {
	case nil:
		return fmt.Sprintf("type(%s) %s null_type", x, op)
	case bool:
		return fmt.Sprintf("(type(%[1]s) == bool && %[1]s %[2]s %[3]t)", x, op, want)
	case float64:
		return fmt.Sprintf("((type(%[1]s) == int || type(%[1]s) == double) && double(%[1]s) %[2]s %[3]s)", x, op,
			double(want))
	case string:
		switch c.Op {
		case plan.Matches:
			return fmt.Sprintf("(type(%[1]s) == string && %[1]s.matches(%[2]s))", x, strconv.Quote(want))
		case plan.NotMatches:
			return fmt.Sprintf("(type(%[1]s) == string && !%[1]s.matches(%[2]s))", x, strconv.Quote(want))
		}
		return fmt.Sprintf("(type(%[1]s) == string && %[1]s %[2]s %[3]s)", x, op, strconv.Quote(want))
	}
	return t.refuse("CEL cannot compare with %v", c.Value)
}

// double writes a number as CEL's double.
func double(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// size counts runes of a text, items of a list and fields of a map, as CUE's
// validators do.
func size(s *plan.Size, x string) string {
	parts := []string{isKind(s.Of, x)}
	if s.Min != nil {
		parts = append(parts, fmt.Sprintf("size(%s) >= %d", x, *s.Min))
	}
	if s.Max != nil {
		parts = append(parts, fmt.Sprintf("size(%s) <= %d", x, *s.Max))
	}
	return "(" + strings.Join(parts, " && ") + ")"
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved are words that CEL keeps for itself.
var reserved = []string{
	"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
	"loop", "package", "namespace", "return", "var", "void", "while",
}

// member returns how to ask whether the field is there, and how to name it. What
// is indexed is called dyn: CEL's checker would otherwise take it for the type
// of the first overload that could be meant.
func member(x, name string) (has, value string) {
	if identifier.MatchString(name) && !slices.Contains(reserved, name) {
		return fmt.Sprintf("has(%s.%s)", x, name), x + "." + name
	}
	return fmt.Sprintf("%s in %s", strconv.Quote(name), x), fmt.Sprintf("dyn(%s[%s])", x, strconv.Quote(name))
}

// fields translates constraints on named fields, on those that match a pattern, and
// whether others may be there. key is the loop's variable, numbered so that nested
// loops do not hide it.
func (t *translator) fields(f *plan.Fields, x string, depth int) string {
	parts := []string{isKind(plan.StructKind, x)}
	names := slices.Sorted(maps.Keys(f.Named))
	for _, name := range names {
		has, value := member(x, name)
		is := t.expr(f.Named[name].Is, value, depth)
		switch {
		case !f.Named[name].Optional && is == "true":
			parts = append(parts, has)
		case !f.Named[name].Optional:
			parts = append(parts, has, is)
		case is == "false":
			parts = append(parts, "!("+has+")")
		case is != "true":
			parts = append(parts, fmt.Sprintf("(!(%s) || (%s))", has, is))
		}
	}
	// Named fields are known by name; the rest has to match a pattern if closed.
	key := "k" + strconv.Itoa(depth)
	known := []string{}
	for _, name := range names {
		known = append(known, strconv.Quote(name))
	}
	allowed := []string{key + " in [" + strings.Join(known, ", ") + "]"}
	if len(known) == 0 {
		allowed = nil
	}
	for _, p := range f.Patterns {
		name := t.expr(p.Name, key, depth+1)
		is := t.expr(p.Is, "dyn("+x+"["+key+"])", depth+1)
		allowed = append(allowed, "("+name+")")
		if is != "true" {
			parts = append(parts, fmt.Sprintf("%s.all(%s, !(%s) || (%s))", x, key, name, is))
		}
	}
	if f.Closed && len(allowed) == 0 {
		parts = append(parts, fmt.Sprintf("size(%s) == 0", x))
	} else if f.Closed {
		parts = append(parts, fmt.Sprintf("%s.all(%s, %s)", x, key, strings.Join(allowed, " || ")))
	}
	return "(" + strings.Join(parts, " && ") + ")"
}

// items translates constraints on a list: the first ones by position, the rest by
// all(). No Rest means that no further items are allowed.
func (t *translator) items(i *plan.Items, x string, depth int) string {
	parts := []string{isKind(plan.ListKind, x)}
	switch {
	case i.Rest == nil:
		parts = append(parts, fmt.Sprintf("size(%s) == %d", x, len(i.First)))
	case len(i.First) > 0:
		parts = append(parts, fmt.Sprintf("size(%s) >= %d", x, len(i.First)))
	}
	for n, one := range i.First {
		if is := t.expr(one, fmt.Sprintf("dyn(%s[%d])", x, n), depth); is != "true" {
			parts = append(parts, is)
		}
	}
	if i.Rest != nil {
		item := "i" + strconv.Itoa(depth)
		is := t.expr(*i.Rest, item, depth+1)
		switch {
		case is == "true":
		case len(i.First) > 0:
			return t.refuse("CEL cannot ask something else of the first items of a list than of the rest")
		default:
			parts = append(parts, fmt.Sprintf("%s.all(%s, %s)", x, item, is))
		}
	}
	return "(" + strings.Join(parts, " && ") + ")"
}

// count translates how many of several constraints hold, or of a list's items one.
func (t *translator) count(n *plan.Count, x string, depth int) string {
	if n.Each != nil {
		item := "i" + strconv.Itoa(depth)
		number := fmt.Sprintf("size(%s.filter(%s, %s))", x, item, t.expr(*n.Each, item, depth+1))
		return "(" + isKind(plan.ListKind, x) + " && " + t.number(n.N, number) + ")"
	}
	// A list of booleans, of which the true ones are counted.
	item := "b" + strconv.Itoa(depth)
	var of []string
	for _, one := range n.Of {
		of = append(of, t.expr(one, x, depth+1))
	}
	return "(" + t.number(n.N, fmt.Sprintf("size([%s].filter(%s, %s))", strings.Join(of, ", "), item, item)) + ")"
}

// number translates a constraint on a number that CEL knows to be one.
func (t *translator) number(c plan.Constraint, x string) string {
	return t.expr(c, "dyn("+x+")", 0)
}
