package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Miss is one reason why a value does not satisfy a constraint.
type Miss struct {
	Path  []string // to the part of the value that does not fit
	Found string   // what is there, "" where nothing is
	Want  string   // the constraint on it, as CUE writes it
	Open  bool     // it cannot be said yet: the value is not known
	Or    []string // of a value with alternatives: what keeps it from each of them
}

// String says what was found at the path and what must be.
func (m Miss) String() string {
	out := strings.Join(m.Path, ".")
	if len(m.Or) > 0 {
		return strings.TrimPrefix(out+": ", ": ") + strings.Join(m.Or, "; or ")
	}
	switch {
	case m.Open:
		out += " is not known yet"
	case m.Found == "":
		out += " is missing"
	default:
		out += " is " + m.Found
	}
	switch m.Want {
	case "_":
	case "_|_":
		out += ", must not be there"
	default:
		out += ", must be " + m.Want
	}
	return strings.TrimSpace(out)
}

// mostMisses bounds what Explain returns.
const mostMisses = 20

// Explain returns why the value does not satisfy the constraint, in order of
// path, at most 20 reasons; none when it does. Secrets are not shown.
func (m *Matcher) Explain(v any) []Miss {
	e := explanation{}
	e.explain(m, v, nil)
	slices.SortStableFunc(e.misses, func(a, b Miss) int { return slices.Compare(a.Path, b.Path) })
	e.misses = slices.CompactFunc(e.misses, func(a, b Miss) bool {
		return a.Want == b.Want && a.Found == b.Found && slices.Equal(a.Path, b.Path)
	})
	return e.misses[:min(len(e.misses), mostMisses)]
}

type explanation struct{ misses []Miss }

func (e *explanation) add(m *Matcher, v any, path []string) {
	_, open := v.(Unknown)
	e.misses = append(e.misses, Miss{Path: slices.Clone(path), Found: shown(v), Want: m.c.String(),
		Open: open || m.Judge(v) == Open})
}

// explain descends to the smallest parts that do not fit.
func (e *explanation) explain(m *Matcher, v any, path []string) {
	if m.Judge(v) == Yes {
		return
	}
	secret, hidden := v.(Secret)
	if hidden {
		if KindOf(secret.Value) != StructKind && KindOf(secret.Value) != ListKind {
			e.add(m, v, path)
			return
		}
		v = hide(secret.Value)
	}
	if _, unknown := v.(Unknown); unknown || m.c.Never {
		e.add(m, v, path)
		return
	}
	before := len(e.misses)
	have, isStruct := v.(map[string]any)
	list, isList := v.([]any)
	switch {
	case len(m.parts) > 0:
		for _, part := range m.parts {
			e.explain(part, v, path)
		}
	case len(m.any) > 0:
		e.either(m, v, path)
	case m.c.Fields != nil && isStruct:
		e.fields(m, have, path)
	case m.c.Items != nil && isList:
		e.items(m, list, path)
	}
	if len(e.misses) == before {
		e.add(m, v, path)
	}
}

func (e *explanation) fields(m *Matcher, have map[string]any, path []string) {
	at := func(name string) []string { return append(path[:len(path):len(path)], name) }
	for _, name := range m.order {
		value, there := have[name]
		if there {
			e.explain(m.named[name], value, at(name))
		} else if !m.c.Fields.Named[name].Optional {
			e.misses = append(e.misses, Miss{Path: at(name), Want: m.named[name].c.String()})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		_, known := m.named[name]
		for i, pattern := range m.names {
			if pattern.Judge(name) == Yes {
				known = true
				e.explain(m.is[i], have[name], at(name))
			}
		}
		if m.c.Fields.Closed && !known {
			e.misses = append(e.misses, Miss{Path: at(name), Found: shown(have[name]), Want: "_|_"})
		}
	}
}

func (e *explanation) items(m *Matcher, have []any, path []string) {
	if len(have) < len(m.first) || m.rest == nil && len(have) > len(m.first) {
		return // it is the number of items that does not fit
	}
	for i, value := range have {
		is := m.rest
		if i < len(m.first) {
			is = m.first[i]
		}
		e.explain(is, value, append(path[:len(path):len(path)], strconv.Itoa(i)))
	}
}

// either explains alternatives: what keeps the value from each that it could
// have meant, which are those whose own kind of value it is. Where it is only
// one, that one is explained like anything else.
func (e *explanation) either(m *Matcher, v any, path []string) {
	var meant [][]Miss
	for _, a := range m.any {
		sub := explanation{}
		sub.explain(a, v, path)
		if !slices.ContainsFunc(sub.misses, func(miss Miss) bool { return len(miss.Path) == len(path) }) {
			meant = append(meant, sub.misses)
		}
	}
	if len(meant) == 1 {
		e.misses = append(e.misses, meant[0]...)
		return
	}
	e.add(m, v, path)
	if len(meant) > mostOr {
		return
	}
	last := &e.misses[len(e.misses)-1]
	for _, misses := range meant {
		why := misses[0]
		why.Path = why.Path[len(path):]
		last.Or = append(last.Or, why.String())
	}
}

// mostOr bounds how many alternatives are explained one by one.
const mostOr = 4

// hide keeps the shape of a secret value and wraps its leaves.
func hide(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = hide(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = hide(value)
		}
		return out
	case Unknown, Secret:
		return v
	}
	return Secret{Value: v}
}

// userinfo is where a URL may hold a password.
var userinfo = regexp.MustCompile(`://[^/@\s]*@`)

// shown writes a value for a message: scalars as JSON, shortened and without
// the passwords of URLs, and of a struct or list only what it is.
func shown(v any) string {
	const most = 80
	switch v := v.(type) {
	case Secret:
		return "a secret"
	case Unknown:
		return "not known"
	case map[string]any:
		return fmt.Sprintf("a struct of %d fields", len(v))
	case []any:
		return fmt.Sprintf("a list of %d items", len(v))
	case string:
		v = userinfo.ReplaceAllString(v, "://...@")
		if utf8.RuneCountInString(v) > most {
			v = string([]rune(v)[:most]) + "..."
		}
		return literal(v)
	}
	if KindOf(v) == "" {
		return fmt.Sprintf("a %T", v)
	}
	return literal(v)
}
