package policies

import (
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	cueerrors "cuelang.org/go/cue/errors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// unknowns are the paths of the values that are not known yet.
// A list's items are named by index. Secrets are looked into: what is secret may be
// unknown too.
func unknowns(v any, path []string) [][]string {
	switch v := v.(type) {
	case plan.Unknown:
		return [][]string{slices.Clone(path)}
	case plan.Secret:
		return unknowns(v.Value, path)
	case []any:
		var out [][]string
		for i, one := range v {
			out = append(out, unknowns(one, below(path, strconv.Itoa(i)))...)
		}
		return out
	case map[string]any:
		var out [][]string
		for _, name := range keys(v) {
			out = append(out, unknowns(v[name], below(path, name))...)
		}
		return out
	}
	return nil
}

// undecided judges a value of which parts are unknown, `_` to CUE: what
// conflicts already does not pass; what waits for an unknown is open, and so is
// what constrains one. Nothing is left only when no unknown matters.
// A finding that is open does not refuse; what conflicts whatever the unknown turns
// out to be does.
func undecided(both cue.Value, unknown [][]string) []plan.Miss {
	var out []plan.Miss
	// Not concrete: only what conflicts already is an error.
	if err := both.Validate(); err != nil {
		for _, one := range cueerrors.Errors(err) {
			out = append(out, missOf(one))
		}
		return out
	}
	at := map[string]bool{}
	for _, path := range unknown {
		at[strings.Join(path, "\x00")] = true
		if v := lookup(both, path); v.IncompleteKind() != cue.TopKind || constrained(v) {
			out = append(out, plan.Miss{Path: path, Found: "not known", Want: "_", Open: true})
		}
	}
	for _, one := range cueerrors.Errors(both.Validate(cue.Concrete(true))) {
		if m := missOf(one); !at[strings.Join(m.Path, "\x00")] {
			m.Open = true
			out = append(out, m)
		}
	}
	return out
}

// constrained reports whether anything is asked of a value of any kind.
func constrained(v cue.Value) bool {
	op, parts := v.Expr()
	if op == cue.AndOp {
		return slices.ContainsFunc(parts, constrained)
	}
	return op != cue.NoOp
}

// lookup is the value at the path; a number is an index where no field has that name.
func lookup(v cue.Value, path []string) cue.Value {
	for _, name := range path {
		next := v.LookupPath(cue.MakePath(cue.Str(name)))
		if i, err := strconv.Atoi(name); !next.Exists() && err == nil {
			next = v.LookupPath(cue.MakePath(cue.Index(i)))
		}
		v = next
	}
	return v
}
