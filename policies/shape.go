package policies

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	cueerrors "cuelang.org/go/cue/errors"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// shaper checks a pack against the schema and explains every difference.
type shaper struct {
	*pack
	whole cue.Value // the schema
}

// check looks at every level of the pack for itself, so that a constraint,
// which may be anything, is never compared with the schema.
// CUE could compare the whole with the schema at once; its errors would be about
// disjunctions, and not about the field that is wrong.
func (s *shaper) check() {
	s.against("#Pack", s.value, nil, "rules", "tighten", "set", "exempt")
	for _, part := range []struct{ section, definition string }{{"rules", "#Rule"}, {"tighten", "#Tightening"}} {
		s.each(s.value, []string{part.section}, func(v cue.Value, path []string) {
			s.against(part.definition, v, path, "match", "require", "config", "remedy", "cases")
			s.each(v, append(path, "cases"), s.caseOf)
		})
	}
	s.each(s.value, []string{"exempt"}, func(v cue.Value, path []string) {
		list, err := v.List()
		if err != nil {
			s.say(v, strings.Join(path, "."), "exemptions are a list",
				`such as exempt: "pack/rule": [{expires: "2030-01-31", owner: "...", reason: "..."}]`)
			return
		}
		for i := 0; list.Next(); i++ {
			s.against("#Exemption", list.Value(), append(path[:len(path):len(path)], fmt.Sprint(i)))
		}
	})
}

// each calls f for every field of the section that the path ends with.
// A section that is missing, or not a struct, has none; against reports the latter.
func (s *shaper) each(v cue.Value, path []string, f func(cue.Value, []string)) {
	section := v.LookupPath(cue.MakePath(cue.Str(path[len(path)-1])))
	it, err := section.Fields()
	if err != nil {
		return
	}
	for it.Next() {
		f(it.Value(), append(path[:len(path):len(path)], it.Selector().Unquoted()))
	}
}

// caseOf checks that a case has one subject, under a kind that is known.
func (s *shaper) caseOf(v cue.Value, path []string) {
	var kinds []string
	it, err := v.Fields()
	for err == nil && it.Next() {
		kinds = append(kinds, it.Selector().Unquoted())
	}
	if len(kinds) != 1 || !slices.Contains(caseKinds, kinds[0]) {
		s.say(v, strings.Join(path, "."), "a case is one of pass, fail and skip",
			`such as fail: {replicas: {min: 1, max: 1}}`)
	}
}

var caseKinds = []string{"pass", "fail", "skip"}

// against checks the fields of one struct, but for those to leave alone.
// Unknown fields get a hint with the nearest name. definition is one of the schema.
func (s *shaper) against(definition string, v cue.Value, path []string, but ...string) {
	def := s.whole.LookupPath(cue.ParsePath(definition))
	known := map[string]cue.Value{}
	var required []string
	it, err := def.Fields(cue.Optional(true))
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		known[name] = it.Value()
		// Fields with "!" in the schema.
		if it.Selector().ConstraintType() == cue.RequiredConstraint {
			required = append(required, name)
		}
	}
	names := keys(known)
	have, err := v.Fields()
	if err != nil {
		s.say(v, strings.Join(path, "."), "this is not a struct", "")
		return
	}
	seen := map[string]bool{}
	for have.Next() {
		name := have.Selector().Unquoted()
		seen[name] = true
		at := strings.Join(append(path[:len(path):len(path)], name), ".")
		allowed, ok := known[name]
		switch {
		case !ok:
			s.say(have.Value(), at, fmt.Sprintf("unknown field %q; known are %s", name, source.Known(name, names)),
				nearest.Hint(name, names))
		case !slices.Contains(but, name):
			if err := allowed.Unify(have.Value()).Validate(cue.Concrete(true)); err != nil {
				// CUE's message about a disjunction lists conflicts; the allowed words say more.
				message, hint := firstMessage(err), hintFor(allowed, have.Value())
				if hint != "" {
					message = fmt.Sprintf("found %v", have.Value())
				}
				s.say(have.Value(), at, message, hint)
			}
		}
	}
	for _, name := range required {
		if !seen[name] {
			s.say(v, strings.Join(append(path[:len(path):len(path)], name), "."),
				fmt.Sprintf("%q is missing", name), "add it")
		}
	}
}

// firstMessage is what the first of CUE's errors says.
func firstMessage(err error) string {
	all := cueerrors.Errors(err)
	if len(all) == 0 {
		return err.Error()
	}
	format, args := all[0].Msg()
	return fmt.Sprintf(format, args...)
}

// hintFor lists the words that the schema allows, with the nearest.
// It returns "" where the schema allows more than certain words.
func hintFor(allowed, have cue.Value) string {
	var words []string
	var collect func(cue.Value)
	collect = func(v cue.Value) {
		if op, parts := v.Expr(); op == cue.OrOp {
			for _, p := range parts {
				collect(p)
			}
		} else if w, err := v.String(); err == nil && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	collect(allowed)
	if len(words) == 0 {
		return ""
	}
	word, err := have.String()
	hint := "use one of " + source.Known(word, words)
	if err == nil {
		if near := nearest.Hint(word, words); near != "" {
			hint += "; " + near
		}
	}
	return hint
}
