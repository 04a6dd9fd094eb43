package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies/lower"
)

// compiler turns the rules of one pack into Rules.
type compiler struct {
	*pack
	changes *changes
	// Filled as kinds of subjects come up; shared by the packs of one read.
	words map[About]*vocabulary
}

// rules compiles the pack's rules, or those that are wanted; nil wants all.
func (c *compiler) rules(wanted func(id string) bool) []*Rule {
	var out []*Rule
	it, err := c.value.LookupPath(cue.ParsePath("rules")).Fields()
	if err != nil {
		return nil
	}
	for it.Next() {
		if name := it.Selector().Unquoted(); wanted == nil || wanted(c.name+"/"+name) {
			out = append(out, c.rule(name, it.Value()))
		}
	}
	return out
}

// rule compiles one rule. It goes on after a problem and returns a rule in any case,
// so that all problems of a pack are found; the pack is refused if there were any.
func (c *compiler) rule(name string, v cue.Value) *Rule {
	at := "rules." + name
	place := module(true).Place(v)
	r := &Rule{
		ID: c.name + "/" + name, Title: c.text(v, "title"), Level: plan.Level(c.text(v, "level")),
		About:  About(c.text(v, "about")),
		Reason: c.text(v, "reason"), Fix: c.text(v, "fix"), File: place.Filename(),
		Line: place.Line(), Col: place.Column(),
	}
	// A rule without a level refuses: forgetting it must not make a rule weaker.
	if r.Level == "" {
		r.Level = plan.Mandatory
	}
	if !packName.MatchString(name) {
		c.say(v, at, "a rule's name has lower-case letters, digits and dashes, beginning with a letter", "")
	}
	if err := decode(v, "references", &r.References); err != nil {
		c.say(v, at+".references", err.Error(), "")
	}
	if err := decode(v, "conceal", &r.Conceal); err != nil {
		c.say(v, at+".conceal", err.Error(), "")
	}
	if err := decode(v, "remedy", &r.Remedy); err != nil {
		c.say(v, at+".remedy", err.Error(), "a remedy is made of values, not of constraints")
	}
	// Configuration comes first, since match and require may refer to config.
	configured := c.configure(r, v, at)
	c.matching(r, configured, at)
	c.requiring(r, configured, at)
	c.levels(r, v, at)
	c.cases(r, v, at)
	// Over the canonical texts, so that neither comments nor the order of fields
	// changes it. Title, reason and fix are left out on purpose.
	digest, err := plan.DigestOf(map[string]any{
		"id": r.ID, "about": r.About, "level": r.Level, "match": r.Match, "require": r.Require, "remedy": r.Remedy,
	})
	if err != nil {
		c.say(v, at, err.Error(), "")
	}
	r.Digest = digest
	return r
}

// configure gives the rule the numbers that others set, and settles defaults.
// It returns the rule with config filled in. A value that is set has to fit what
// the rule allows there; the problem is the setting pack's and is noted there.
func (c *compiler) configure(r *Rule, v cue.Value, at string) cue.Value {
	config := v.LookupPath(cue.ParsePath("config"))
	sets := c.changes.set[r.ID]
	// Setting what a rule does not have is reported once for each pack.
	if !config.Exists() {
		for _, s := range sets {
			s.pack.say(s.value, `set."`+r.ID+`"`, r.ID+" has no config to set", "")
		}
		return v
	}
	for _, s := range sets {
		for _, name := range fieldsOf(s.value) {
			path := cue.MakePath(cue.Str(name))
			have, allowed := s.value.LookupPath(path), config.LookupPath(path)
			switch {
			// Only what the rule's author left open can be set.
			case !slices.Contains(fieldsOf(config), name):
				s.pack.say(have, `set."`+r.ID+`".`+name,
					fmt.Sprintf("%s has no %q to set; it has %s", r.ID, name, strings.Join(fieldsOf(config), ", ")), "")
				return v
			case allowed.Unify(have).Validate(cue.Concrete(true)) != nil:
				s.pack.say(have, `set."`+r.ID+`".`+name, fmt.Sprintf("found %v; allowed: %v", have, allowed), "")
				return v
			}
		}
		config = config.Unify(s.value)
	}
	// Defaults are taken here; what has none cannot be written as JSON.
	settled, err := config.MarshalJSON()
	if err != nil {
		c.say(config, at+".config", "config needs a default: "+firstMessage(err), "such as config: max: *10 | int")
		return v
	}
	if err := json.Unmarshal(settled, &r.Config); err != nil {
		c.say(config, at+".config", err.Error(), "")
	}
	return v.FillPath(cue.ParsePath("config"), c.ctx.CompileBytes(settled)) // JSON is CUE, and keeps ints
}

// matching compiles match. It has to be lowered: a rule that a point could not match
// would silently not apply there. Without match, the rule is about every subject of
// its kind.
func (c *compiler) matching(r *Rule, v cue.Value, at string) {
	match := v.LookupPath(cue.ParsePath("match"))
	if !match.Exists() {
		// The empty constraint holds of everything, and always compiles.
		r.match, _ = plan.Constraint{}.Compile()
		return
	}
	e := c.export(r, match, at+".match")
	if e == nil {
		return
	}
	r.Match = e.Text()
	lowered, err := e.Constraint()
	if err == nil {
		r.matches = lowered
		r.match, err = lowered.Compile()
	}
	if err != nil {
		c.say(match, at+".match", "match decides whether a rule speaks, so every point must understand it: "+
			err.Error(), "keep match to values and bounds, and put the rest into require")
	}
}

// requiring compiles require, the rule's own and what others tighten it by. Their
// texts are sorted, so that the digest does not depend on the order of packs. If any
// part cannot be lowered, the whole rule is judged by CUE.
func (c *compiler) requiring(r *Rule, v cue.Value, at string) {
	require := v.LookupPath(cue.ParsePath("require"))
	c.require(c.pack, r, require, at+".require")
	for _, t := range c.changes.tighten[r.ID] {
		more := t.value.LookupPath(cue.ParsePath("require"))
		if more.Exists() {
			c.require(t.pack, r, more, `tighten."`+r.ID+`".require`)
		}
		r.Tightened = append(r.Tightened, t.pack.name+": "+t.pack.text(t.value, "reason"))
	}
	slices.Sort(r.Require)
	// r.require stays nil, by which Judge knows that it needs CUE.
	if r.NotLowered != "" {
		if r.About == Evidence {
			c.say(require, at+".require",
				"rules about evidence are judged in the runtime, without CUE, and this one cannot be lowered: "+
					r.NotLowered, "")
		}
		return
	}
	var err error
	if r.require, err = r.required.Compile(); err != nil {
		c.say(require, at+".require", err.Error(), "")
	}
}

// require adds one constraint to what the rule asks for; p is the pack that
// asks.
// Constraints are a conjunction, so tightening can only ask for more. One that asks
// for nothing, or that nothing satisfies, is a mistake.
func (c *compiler) require(p *pack, r *Rule, v cue.Value, at string) {
	e := (&compiler{pack: p, changes: c.changes, words: c.words}).export(r, v, at)
	if e == nil {
		return
	}
	r.Require = append(r.Require, e.Text())
	r.Stack = r.Stack || usesOthers(r, e)
	lowered, err := e.Constraint()
	var reason *lower.Error
	switch {
	// CUE understands it and the lowered form cannot: a limitation, not a problem.
	case errors.As(err, &reason) && !reason.Broken:
		r.NotLowered = reason.What
	case err != nil:
		p.say(v, at, err.Error(), "")
	case lowered.String() == "_":
		p.say(v, at, "this has no constraint", "")
	case lowered.Never:
		p.say(v, at, "nothing satisfies this", "")
	default:
		r.required.All = append(r.required.All, lowered)
	}
}

// export takes a constraint out of the pack and checks the names in it.
// It returns nil after a problem. A name that the subject cannot have would make a
// constraint that always or never holds, so each is checked.
func (c *compiler) export(r *Rule, v cue.Value, at string) *lower.Expression {
	e, err := lower.Export(v)
	if err != nil {
		c.say(v, at, err.Error(), "")
		return nil
	}
	if c.words[r.About] == nil {
		c.words[r.About] = subjectWords(r.About)
	}
	f := finder{Expression: e, inside: map[string]bool{}}
	f.look(c.words[r.About], e.Expr(), nil)
	for _, s := range f.found {
		c.say(placed(v, s.path), at+"."+strings.Join(s.path, "."),
			fmt.Sprintf("%s has no %q", a(r.About), s.path[len(s.path)-1]), s.hint)
	}
	return e
}

// placed is the value at the path, or the deepest there is above it.
// It gives messages the closest place in the file.
func placed(v cue.Value, path []string) cue.Value {
	for _, name := range path {
		next := v.LookupPath(cue.MakePath(cue.Str(name)))
		if !next.Exists() {
			next = v.LookupPath(cue.MakePath(cue.Str(name).Optional()))
		}
		if !next.Exists() {
			break
		}
		v = next
	}
	return v
}

// a is the noun with its article.
func a(about About) string {
	switch about {
	case Evidence:
		return "evidence"
	case Endpoint, SLO:
		return "an " + string(about)
	}
	return "a " + string(about)
}

// usesOthers reports whether a resource's rule looks at other resources.
// Such a rule waits for the whole stack; the others judge each resource as it is
// registered, which refuses earlier.
func usesOthers(r *Rule, e *lower.Expression) bool {
	return r.About == Resource && (e.Names("uses") || e.Names("used_by"))
}

// levels raises the level where a pack tightens it.
// Mandatory and remediate are of the same rank: both refuse what is wrong.
func (c *compiler) levels(r *Rule, v cue.Value, at string) {
	rank := map[plan.Level]int{plan.Disabled: 0, plan.Advisory: 1, plan.Mandatory: 2, plan.Remediate: 2}
	for _, t := range c.changes.tighten[r.ID] {
		to := plan.Level(t.pack.text(t.value, "level"))
		switch {
		case to == "":
		case rank[to] < rank[r.Level]:
			t.pack.say(t.value, `tighten."`+r.ID+`".level`,
				fmt.Sprintf("%s is less than %s, the level of %s", to, r.Level, r.ID),
				"tightening only raises a level; exempt takes subjects out for a time")
		default:
			r.Level = to
		}
	}
	if r.Level == plan.Remediate && r.Remedy == nil {
		c.say(v, at, "level remediate needs a remedy", "such as remedy: {acl: \"private\"}")
	}
	if r.Remedy != nil && r.About != Resource {
		c.say(v, at+".remedy", "only a resource can be put right", "")
	}
}

// decode decodes the named field, where there is one.
func decode(v cue.Value, name string, into any) error {
	field := v.LookupPath(cue.MakePath(cue.Str(name)))
	if !field.Exists() {
		return nil
	}
	return decodeValue(field, into)
}

// decodeValue decodes a concrete value by way of JSON; a constraint is an error.
func decodeValue(v cue.Value, into any) error {
	b, err := v.MarshalJSON()
	if err != nil {
		return errors.New(firstMessage(err))
	}
	return json.Unmarshal(b, into)
}

// fieldsOf are the names of the value's regular fields, in their order.
func fieldsOf(v cue.Value) []string {
	var out []string
	it, err := v.Fields()
	for err == nil && it.Next() {
		out = append(out, it.Selector().Unquoted())
	}
	return out
}
