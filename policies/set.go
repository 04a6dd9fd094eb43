package policies

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// Set is what is enforced together. It is immutable and safe for concurrent
// use.
type Set struct {
	// Rules and evidence are shared between sets; the other maps and slices are not.
	rules  []*Rule // in order of ID
	byID   map[string]*Rule
	exempt map[string][]exemption // by rule
	packs  []PackInfo

	evidence map[string]any    // a version of which nothing is known
	sources  map[string]Source // of the packs, by name
	changed  bool              // a pack changes another's rules
}

// PackInfo says which packs a set was made of.
type PackInfo struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Rules int    `json:"rules"`
}

// change is what one pack says about another's rule.
type change struct {
	pack  *pack
	value cue.Value
}

// changes are what packs say about others' rules, by the rule's ID.
type changes struct {
	set, tighten map[string][]change
}

// New reads packs and compiles their rules. Everything that is wrong is
// returned together, as source.Problems, unless reading itself failed.
func New(sources ...Source) (*Set, error) {
	s := &Set{byID: map[string]*Rule{}, exempt: map[string][]exemption{}, evidence: map[string]any{},
		sources: map[string]Source{}}
	// Of a version in general nothing is known; Attach fills in what the plan says.
	for name := range subjectWords(Evidence).fields {
		s.evidence[name] = plan.Unknown{}
	}
	return s, s.read(sources)
}

// With returns the set with further packs. Rules of the set's own packs that
// the further ones leave alone are not compiled again, unless the set's packs
// change each other's rules already.
//
// Where packs of the set change each other, compiling only the new ones could miss
// a change, so everything is compiled from its sources again. The set itself stays
// as it was.
func (s *Set) With(sources ...Source) (*Set, error) {
	if s.changed {
		var all []Source
		for _, name := range keys(s.sources) {
			all = append(all, s.sources[name])
		}
		return New(append(all, sources...)...)
	}
	out := &Set{
		rules: slices.Clone(s.rules), byID: maps.Clone(s.byID), exempt: maps.Clone(s.exempt),
		packs:    slices.Clone(s.packs),
		evidence: s.evidence, sources: maps.Clone(s.sources),
	}
	return out, out.read(sources)
}

// read adds packs to the set, which nobody else has seen yet.
// All values of one call belong to one context of CUE, which is let go with it. Rules
// keep texts and constraints only, so a set needs no context.
func (s *Set) read(sources []Source) error {
	ctx := newContext()
	packs, err := readPacks(ctx, sources)
	if err != nil {
		return err
	}
	ch := &changes{set: map[string][]change{}, tighten: map[string][]change{}}
	for _, p := range packs {
		p.changes("set", ch.set)
		p.changes("tighten", ch.tighten)
	}
	s.changed = s.changed || len(ch.set)+len(ch.tighten) > 0
	// Rules of the set that the new packs change have to be compiled again, from
	// their sources: a Rule keeps no CUE that could be changed.
	again, err := s.again(ctx, ch)
	if err != nil {
		return err
	}
	s.assemble(packs, again, ch)
	// Of the packs that were read again too: a value that is set is checked while
	// the rule that it is set for is compiled.
	var problems source.Problems
	for _, p := range append(packs, again...) {
		problems = append(problems, p.found...)
	}
	if len(problems) > 0 {
		return problems.Sorted()
	}
	return nil
}

// readPacks reads the packs and returns the problems of all. A pack that has one is
// not compiled, since what it says cannot be relied on.
func readPacks(ctx *cue.Context, sources []Source) ([]*pack, error) {
	var packs []*pack
	var problems source.Problems
	for _, s := range sources {
		p, err := readPack(ctx, s)
		var found source.Problems
		if errors.As(err, &found) {
			problems = append(problems, found...)
			continue
		}
		if err != nil {
			return nil, err
		}
		p.source = s
		packs = append(packs, p)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return packs, nil
}

// again reads those packs of the set again whose rules are changed.
func (s *Set) again(ctx *cue.Context, ch *changes) ([]*pack, error) {
	names := map[string]bool{}
	for _, all := range []map[string][]change{ch.set, ch.tighten} {
		for id := range all {
			if name, _, _ := strings.Cut(id, "/"); s.byID[id] != nil {
				names[name] = true
			}
		}
	}
	var sources []Source
	for _, name := range keys(names) {
		sources = append(sources, s.sources[name])
	}
	return readPacks(ctx, sources)
}

// assemble compiles the rules of the packs, and of those that were there
// before, again, what the changes reach.
// Rules that were there are replaced by new ones, never changed: other sets share
// them. Exemptions come last, as they may be from rules of any pack.
func (s *Set) assemble(packs, again []*pack, ch *changes) {
	words := map[About]*vocabulary{}
	for _, p := range again {
		c := compiler{pack: p, changes: ch, words: words}
		for _, r := range c.rules(func(id string) bool { return len(ch.set[id])+len(ch.tighten[id]) > 0 }) {
			s.rules[slices.Index(s.rules, s.byID[r.ID])] = r
			s.byID[r.ID] = r
		}
	}
	for _, p := range packs {
		// Two packs of one name would make two rules of one ID.
		if _, taken := s.sources[p.name]; taken {
			p.say(p.value.LookupPath(cue.ParsePath("name")), "name", fmt.Sprintf("another pack is named %q", p.name),
				"choose another name; to change rules of that pack use tighten, set and exempt")
			continue
		}
		s.sources[p.name] = p.source
		c := compiler{pack: p, changes: ch, words: words}
		rules := c.rules(nil)
		for _, r := range rules {
			s.byID[r.ID] = r
		}
		s.rules = append(s.rules, rules...)
		s.packs = append(s.packs, PackInfo{Name: p.name, Title: p.title, Rules: len(rules)})
	}
	slices.SortFunc(s.rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	// A change of a rule that nobody has would otherwise be ignored.
	for _, all := range []map[string][]change{ch.set, ch.tighten} {
		for _, id := range keys(all) {
			for _, one := range all[id] {
				s.known(one.pack, one.value, id)
			}
		}
	}
	for _, p := range packs {
		s.exemptions(p)
	}
}

// changes notes what the pack says in one section about each rule.
func (p *pack) changes(section string, into map[string][]change) {
	it, err := p.value.LookupPath(cue.ParsePath(section)).Fields()
	for err == nil && it.Next() {
		id := it.Selector().Unquoted()
		into[id] = append(into[id], change{pack: p, value: it.Value()})
	}
}

// known checks that there is a rule of that name.
func (s *Set) known(p *pack, v cue.Value, id string) bool {
	if s.byID[id] != nil {
		return true
	}
	hint := nearest.Hint(id, keys(s.byID))
	if hint == "" {
		hint = "`ashlar policy list` names them"
	}
	p.say(v, "", fmt.Sprintf("unknown rule %q", id), hint)
	return false
}

// Rules returns every rule, in order of ID.
func (s *Set) Rules() []*Rule { return slices.Clone(s.rules) }

// Rule returns the rule of that ID, or an error that names the nearest.
func (s *Set) Rule(id string) (*Rule, error) {
	if r := s.byID[id]; r != nil {
		return r, nil
	}
	hint := nearest.Hint(id, keys(s.byID))
	if hint == "" {
		hint = "`ashlar policy list` names them"
	}
	return nil, fmt.Errorf("unknown rule %q; %s", id, hint)
}

// Packs returns the packs that the set was made of.
func (s *Set) Packs() []PackInfo { return slices.Clone(s.packs) }

// keys are the map's keys, sorted, so that results do not depend on its order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
