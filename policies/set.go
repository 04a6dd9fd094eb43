package policies

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// Set is what is enforced together. It is immutable and safe for concurrent
// use.
type Set struct {
	rules  []*Rule // in order of ID
	byID   map[string]*Rule
	exempt map[string][]exemption // by rule
	packs  []PackInfo

	evidence map[string]any // a version of which nothing is known
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

type changes struct {
	set, tighten map[string][]change
}

// New reads packs and compiles their rules. Everything that is wrong is
// returned together, as source.Problems, unless reading itself failed.
func New(sources ...Source) (*Set, error) {
	ctx := newContext()
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
		packs = append(packs, p)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	s := &Set{byID: map[string]*Rule{}, exempt: map[string][]exemption{}, evidence: map[string]any{}}
	for name := range subjectWords(Evidence).fields {
		s.evidence[name] = plan.Unknown{}
	}
	s.assemble(packs)
	for _, p := range packs {
		problems = append(problems, p.found...)
	}
	if len(problems) > 0 {
		return nil, problems.Sorted()
	}
	return s, nil
}

func (s *Set) assemble(packs []*pack) {
	ch := &changes{set: map[string][]change{}, tighten: map[string][]change{}}
	for _, p := range packs {
		p.changes("set", ch.set)
		p.changes("tighten", ch.tighten)
	}
	named := map[string]bool{}
	for _, p := range packs {
		if named[p.name] {
			p.say(p.value.LookupPath(cue.ParsePath("name")), "name", fmt.Sprintf("another pack is named %q", p.name), "choose another name; to change rules of that pack use tighten, set and exempt")
			continue
		}
		named[p.name] = true
		c := compiler{pack: p, changes: ch, words: map[About]*vocabulary{}}
		rules := c.rules()
		for _, r := range rules {
			s.byID[r.ID] = r
		}
		s.rules = append(s.rules, rules...)
		s.packs = append(s.packs, PackInfo{Name: p.name, Title: p.title, Rules: len(rules)})
	}
	slices.SortFunc(s.rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	for _, all := range []map[string][]change{ch.set, ch.tighten} {
		for _, id := range slices.Sorted(maps.Keys(all)) {
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
	hint := source.Nearest(id, keys(s.byID))
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
	hint := source.Nearest(id, keys(s.byID))
	if hint == "" {
		hint = "`ashlar policy list` names them"
	}
	return nil, fmt.Errorf("unknown rule %q; %s", id, hint)
}

// Packs returns the packs that the set was made of.
func (s *Set) Packs() []PackInfo { return slices.Clone(s.packs) }

// exemption is an exemption with where it was written and when it ends.
type exemption struct {
	plan.Exemption
	until     time.Time // the first moment at which it no longer holds
	file      string
	line, col int
}

func (s *Set) exemptions(p *pack) {
	it, err := p.value.LookupPath(cue.ParsePath("exempt")).Fields()
	for err == nil && it.Next() {
		id := it.Selector().Unquoted()
		if !s.known(p, it.Value(), id) {
			continue
		}
		list, lerr := it.Value().List()
		for i := 0; lerr == nil && list.Next(); i++ {
			at := fmt.Sprintf(`exempt."%s".%d`, id, i)
			pos := module(true).Place(list.Value())
			x := exemption{file: pos.Filename(), line: pos.Line(), col: pos.Column()}
			if err := decodeValue(list.Value(), &x.Exemption); err != nil {
				p.say(list.Value(), at, err.Error(), "")
				continue
			}
			day, err := time.Parse(time.DateOnly, x.Expires)
			if err != nil {
				p.say(list.Value(), at+".expires", fmt.Sprintf("%q is no day", x.Expires), "write it as 2030-01-31")
			}
			if x.Owner == "" || x.Reason == "" {
				p.say(list.Value(), at, "an exemption has an owner and a reason", "say who answers for it, and why")
			}
			x.until = day.AddDate(0, 0, 1)
			s.exempt[id] = append(s.exempt[id], x)
		}
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
