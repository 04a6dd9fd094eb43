package policies

import (
	"fmt"
	"slices"

	"cuelang.org/go/cue"
	cueerrors "cuelang.org/go/cue/errors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies/lower"
)

// perContext is how many values are judged by CUE before the context, which
// keeps what it has seen, is let go.
const perContext = 2000

// Judge checks subjects against the rules of a set. It is not safe for
// concurrent use: each goroutine makes its own, and shares the set.
type Judge struct {
	set *Set
	ctx *cue.Context // made when a rule first needs CUE
	// By the rule's ID, in ctx; dropped with it.
	compiled map[string][]cue.Value
	used     int
}

// Judge returns a judge of the set's rules.
func (s *Set) Judge() *Judge { return &Judge{set: s} }

// applies says whether the rule speaks of the subject.
// Open means that it depends on a value which is not known yet.
func (r *Rule) applies(s Subject) plan.Truth {
	if r.About != s.About || r.Level == plan.Disabled {
		return plan.No
	}
	return r.match.Judge(s.Value)
}

// misses returns why the subject does not satisfy the rule; none when it does.
// The lowered form is used where there is one, as it is faster and shows its own
// words. A failing value with fields to conceal is judged again with those marked
// secret, so that messages do not repeat them.
func (j *Judge) misses(r *Rule, s Subject) []plan.Miss {
	explain := func() []plan.Miss {
		if r.require != nil {
			return r.require.Explain(s.Value)
		}
		return j.byCUE(r, s)
	}
	found := explain()
	if len(found) > 0 && len(r.Conceal) > 0 {
		s.Value = conceal(s.Value, r.Conceal).(map[string]any)
		found = explain()
	}
	return found
}

// byCUE judges by CUE itself. A value that cannot be judged does not pass.
// The evaluation is bounded in time and memory, since a constraint can be slow on
// purpose.
func (j *Judge) byCUE(r *Rule, s Subject) []plan.Miss {
	failed := func(err error) []plan.Miss {
		return []plan.Miss{{Found: "not judged: " + err.Error(), Want: "_"}}
	}
	var out []plan.Miss
	err := source.Bounded(r.File, func() error {
		found, err := j.evaluate(r, s)
		out = found
		return err
	})
	if err != nil {
		// An evaluation that ran out of time cannot be stopped; its context is left
		// to it.
		j.ctx = nil // it may still be in use
		return failed(err)
	}
	return dedupe(out)
}

// evaluate judges with every constraint and collects all misses. With values that
// are not known yet, it only says what could still become wrong.
func (j *Judge) evaluate(r *Rule, s Subject) ([]plan.Miss, error) {
	constraints, err := j.constraints(r)
	if err != nil {
		return nil, err
	}
	value, err := lower.Value(j.ctx, s.Value)
	if err != nil {
		return nil, err
	}
	// Looked for once for all constraints of the rule.
	unknown := unknowns(s.Value, nil)
	var out []plan.Miss
	for _, c := range constraints {
		if len(unknown) > 0 {
			out = append(out, undecided(c.Unify(value), unknown)...)
			continue
		}
		if err := lower.Instance(c, value); err != nil {
			for _, one := range cueerrors.Errors(err) {
				out = append(out, missOf(one))
			}
		}
	}
	return withoutSecrets(out, s.Value), nil
}

// constraints compiles what the rule requires in the judge's own context.
// Values of different contexts must not be mixed, and a context is not safe for
// concurrent use, so each judge compiles for itself from the canonical text.
func (j *Judge) constraints(r *Rule) ([]cue.Value, error) {
	if j.used++; j.ctx == nil || j.used > perContext {
		j.ctx, j.compiled, j.used = newContext(), map[string][]cue.Value{}, 0
	}
	// IDs are unique in a set, and a judge is of one set.
	if c, ok := j.compiled[r.ID]; ok {
		return c, nil
	}
	var out []cue.Value
	for _, text := range r.Require {
		v := j.ctx.CompileString(text, cue.Filename(r.ID))
		if err := v.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		out = append(out, v)
	}
	j.compiled[r.ID] = out
	return out, nil
}

// missOf puts one of CUE's errors into a miss.
// "#X" is the definition that lower.Value makes of the value. Want is "_" because
// CUE's message already says what was wanted.
func missOf(e cueerrors.Error) plan.Miss {
	var path []string
	for _, part := range e.Path() {
		path = append(path, unquoted(part))
	}
	for len(path) > 0 && path[0] == "#X" {
		path = path[1:]
	}
	format, args := e.Msg()
	m := plan.Miss{Path: path, Found: fmt.Sprintf(format, args...), Want: "_"}
	if format == "field not allowed" {
		m.Found = "" // the constraint names it, and it is not there
	}
	return m
}

// unquoted is a label of CUE without its quotes.
func unquoted(label string) string {
	if len(label) > 1 && label[0] == '"' && label[len(label)-1] == '"' {
		return label[1 : len(label)-1]
	}
	return label
}

// dedupe orders misses by path and removes those that say the same: CUE reports one
// for each disjunct that fails.
func dedupe(in []plan.Miss) []plan.Miss {
	slices.SortStableFunc(in, func(a, b plan.Miss) int { return slices.Compare(a.Path, b.Path) })
	return slices.CompactFunc(in, func(a,
		b plan.Miss) bool {
		return slices.Equal(a.Path, b.Path) && a.Found == b.Found
	})
}
