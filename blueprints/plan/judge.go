package plan

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Truth is the result of judging. A value that is not known yet may leave it
// open, as it does when Pulumi previews a resource.
type Truth int8

// The three verdicts, ordered: a conjunction is its least, a disjunction its
// greatest part.
const (
	No Truth = iota - 1
	Open
	Yes
)

// Unknown stands for a value that is not known yet.
type Unknown struct{}

// Secret is a value that may be judged but not shown.
type Secret struct{ Value any }

// Matcher judges values by one constraint. It is safe for concurrent use.
type Matcher struct {
	c     Constraint
	parts []*Matcher       // All
	any   []*Matcher       // Any
	tests []func(any) bool // Compare
	named map[string]*Matcher
	order []string   // of named, sorted
	names []*Matcher // of the patterns
	is    []*Matcher
	first []*Matcher
	rest  *Matcher
	of    []*Matcher
	each  *Matcher
	n     *Matcher
}

// Judge says whether the value satisfies the constraint. Values are JSON's as
// Go decodes it (map[string]any, []any, string, bool, nil, float64, json.Number)
// with Go's integers, Unknown and Secret beside them; anything else satisfies
// nothing but the constraint that holds of everything.
func (m *Matcher) Judge(v any) Truth {
	if s, ok := v.(Secret); ok {
		v = s.Value
	}
	if m.c.Never {
		return No
	}
	if _, ok := v.(Unknown); ok {
		return m.judgeUnknown()
	}
	switch {
	case len(m.parts) > 0:
		return every(m.parts, v)
	case len(m.any) > 0:
		return either(m.any, v)
	case m.c.Fields != nil:
		return m.fields(v)
	case m.c.Items != nil:
		return m.items(v)
	}
	return m.own(v)
}

// own judges what concerns the value itself.
func (m *Matcher) own(v any) Truth {
	if len(m.c.Kinds) > 0 && !slices.Contains(m.c.Kinds, KindOf(v)) || m.c.Size != nil && !m.c.Size.holds(v) {
		return No
	}
	for _, test := range m.tests {
		if !test(v) {
			return No
		}
	}
	if m.c.Count != nil {
		return m.count(v)
	}
	return Yes
}

// judgeUnknown is Yes only where every value would do, and No where none would.
func (m *Matcher) judgeUnknown() Truth {
	switch {
	case len(m.parts) > 0:
		return every(m.parts, Unknown{})
	case len(m.any) > 0:
		return either(m.any, Unknown{})
	case len(m.c.aspects()) > 0:
		return Open
	}
	return Yes
}

func every(parts []*Matcher, v any) Truth {
	out := Yes
	for _, p := range parts {
		if out = min(out, p.Judge(v)); out == No {
			break
		}
	}
	return out
}

func either(alternatives []*Matcher, v any) Truth {
	out := No
	for _, a := range alternatives {
		if out = max(out, a.Judge(v)); out == Yes {
			break
		}
	}
	return out
}

// KindOf returns the kind of a JSON value, or "" for anything else.
func KindOf(v any) Kind {
	switch v := v.(type) {
	case nil:
		return NullKind
	case bool:
		return BoolKind
	case string:
		return StringKind
	case map[string]any:
		return StructKind
	case []any:
		return ListKind
	case int, int64:
		return IntKind
	case float64, json.Number:
		f, ok := number(v)
		switch {
		case !ok:
			return ""
		case f == math.Trunc(f):
			return IntKind
		}
		return FloatKind
	}
	return ""
}

// number returns a finite number.
func number(v any) (float64, bool) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case json.Number:
		var err error
		if f, err = v.Float64(); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

func (s *Size) holds(v any) bool {
	n, ok := sizeOf(s.Of, v)
	return ok && (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max)
}

func sizeOf(kind Kind, v any) (int, bool) {
	switch v := v.(type) {
	case []any:
		return len(v), kind == ListKind
	case map[string]any:
		return len(v), kind == StructKind
	case string:
		return utf8.RuneCountInString(v), kind == StringKind
	}
	return 0, false
}

func (m *Matcher) fields(v any) Truth {
	have, ok := v.(map[string]any)
	if !ok {
		return No
	}
	out := Yes
	for name, is := range m.named {
		value, there := have[name]
		switch {
		case there:
			out = min(out, is.Judge(value))
		case !m.c.Fields.Named[name].Optional:
			return No
		}
		if out == No {
			return No
		}
	}
	if !m.c.Fields.Closed && len(m.names) == 0 {
		return out
	}
	for name, value := range have {
		_, known := m.named[name]
		for i, pattern := range m.names {
			if pattern.Judge(name) == Yes {
				known, out = true, min(out, m.is[i].Judge(value))
			}
		}
		if m.c.Fields.Closed && !known || out == No {
			return No
		}
	}
	return out
}

func (m *Matcher) items(v any) Truth {
	have, ok := v.([]any)
	if !ok || len(have) < len(m.first) || m.rest == nil && len(have) > len(m.first) {
		return No
	}
	out := Yes
	for i, value := range have {
		is := m.rest
		if i < len(m.first) {
			is = m.first[i]
		}
		if out = min(out, is.Judge(value)); out == No {
			break
		}
	}
	return out
}

// count judges the number of the value; verdicts that are open make
// it a range, all of which must satisfy N.
func (m *Matcher) count(v any) Truth {
	var verdicts []Truth
	if m.each != nil {
		have, ok := v.([]any)
		if !ok {
			return No
		}
		for _, value := range have {
			verdicts = append(verdicts, m.each.Judge(value))
		}
	}
	for _, of := range m.of {
		verdicts = append(verdicts, of.Judge(v))
	}
	sure, possible := 0, 0
	for _, t := range verdicts {
		if t == Yes {
			sure++
		}
		if t > No {
			possible++
		}
	}
	out := m.n.Judge(sure)
	for n := sure + 1; n <= possible; n++ {
		if m.n.Judge(n) != out {
			return Open
		}
	}
	return out
}

// comparison returns the test that a Comparison stands for.
func comparison(c Comparison, re *regexp.Regexp) func(any) bool {
	switch want := c.Value.(type) {
	case nil:
		return func(v any) bool { return (v == nil) == (c.Op == Equal) }
	case bool:
		return func(v any) bool { have, ok := v.(bool); return ok && (have == want) == (c.Op == Equal) }
	case float64:
		bound := Bound{Op: c.Op, Value: want}
		return func(v any) bool { have, ok := number(v); return ok && bound.Holds(have) }
	case string:
		return func(v any) bool { have, ok := v.(string); return ok && compareText(have, c.Op, want, re) }
	}
	return func(any) bool { return false }
}

func compareText(have string, op Op, want string, re *regexp.Regexp) bool {
	switch op {
	case Matches:
		return re.MatchString(have)
	case NotMatches:
		return !re.MatchString(have)
	case Equal:
		return have == want
	case NotEqual:
		return have != want
	case Less:
		return have < want
	case LessEqual:
		return have <= want
	case Greater:
		return have > want
	case GreaterEqual:
		return have >= want
	}
	return false
}
