package review

import (
	"regexp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// reference is a text that is nothing but what only the cloud knows.
var reference = regexp.MustCompile(`^\$\{[^{}]*\}$`)

// known is the value with references marked unknown, as the engine has them.
func known(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, one := range v {
			out[name] = known(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = known(one)
		}
		return out
	case string:
		if reference.MatchString(v) {
			return plan.Unknown{}
		}
	}
	return v
}

// judgeResources checks a side's resources against the policies about resources, as
// the engine will, and adds their verdicts. What is undecided until the engine
// knows more is no verdict.
// It is done only where both sides have resources, or every finding of the head would
// look new.
func (c *comparison) judgeResources(dir string, side *side) error {
	if side == nil || side.Resources == nil {
		return nil
	}
	set, err := c.library.For(dir)
	if err != nil {
		return err
	}
	judge, env := set.Judge(), side.Plan.Environment
	note := func(name string, found []policies.Finding) {
		for _, f := range found {
			if !f.Undecided {
				side.Verdicts = append(side.Verdicts,
					consequence.Verdict{Policy: f.Policy, Subject: "resource " + name, Message: f.Message,
						Refuses: f.Refuses(), Exempt: f.Exempt != nil})
			}
		}
	}
	var all []policies.Registered
	names := map[string]string{}
	for _, r := range side.Resources {
		one := policies.Registered{URN: r.URN, Type: r.Type, Name: r.Name,
			Properties: known(r.Properties).(map[string]any), References: r.References}
		all, names[one.URN] = append(all, one), r.Name
		note(r.Name, judge.CheckResource(one, env, c.Now()))
	}
	for urn, found := range judge.CheckStack(all, env, c.Now()) {
		note(names[urn], found)
	}
	return nil
}
