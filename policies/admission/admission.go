// Package admission compiles rules about Kubernetes objects to what the API
// server enforces by itself: ValidatingAdmissionPolicy and its binding, in CEL.
//
// The CEL comes from the constraint that package lower made of the rule, the
// same that the runtime judges, and the objects name the rule's digest. A rule
// that an API server cannot judge says so when it is compiled.
package admission

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
)

// Compiled is a rule as an API server enforces it.
type Compiled struct {
	Rule       *policies.Rule
	Kinds      []Kind
	Conditions string // CEL that an object must meet to be judged; "" for all of the kinds
	Expression string // CEL that must hold
}

// ErrNotKubernetes says that a rule speaks of no Kubernetes object.
var ErrNotKubernetes = errors.New("it speaks of no Kubernetes object")

// Compile compiles one rule for an environment, "" for any. The error says
// what an API server cannot judge; it is ErrNotKubernetes where the rule is not
// about Kubernetes at all.
//
// A rule is refused rather than approximated: one that the API server enforced in
// part would appear to hold.
func Compile(r *policies.Rule, environment string) (Compiled, error) {
	if r.About != policies.Resource {
		return Compiled{}, ErrNotKubernetes
	}
	match, require, lowerErr := r.Lowered()
	matcher, err := match.Compile()
	if err != nil {
		return Compiled{}, err
	}
	// Kinds first: a rule that is about no Kubernetes object is no failure.
	c := Compiled{Rule: r, Kinds: kindsOf(matcher, environment)}
	switch {
	case len(c.Kinds) == 0:
		return Compiled{}, ErrNotKubernetes
	case r.Stack:
		return Compiled{}, errors.New("it looks at what uses the object, and an API server sees one object at a time")
	case lowerErr != nil:
		return Compiled{}, lowerErr
	}
	// pods: every kind has a pod, so that asking for one needs no test of the kind.
	root := subject{pods: !slices.ContainsFunc(c.Kinds, func(k Kind) bool { return !k.pod() })}
	if c.Conditions, err = root.cel(settled(match)); err != nil {
		return Compiled{}, fmt.Errorf("match: %w", err)
	}
	if c.Conditions == "true" {
		c.Conditions = ""
	}
	c.Expression, err = root.cel(require)
	return c, err
}

// settled takes out of a match what the kinds and the environment of an
// installation have decided already: a type, an environment, that there is a pod.
// matchConstraints select by kind and the installation has one environment, so
// repeating both in CEL would only cost the API server time.
func settled(match plan.Constraint) plan.Constraint {
	out := match
	if match.Fields != nil {
		f := *match.Fields
		f.Named = map[string]plan.Field{}
		for name, field := range match.Fields.Named {
			anyPod := name == "pod" && field.Is.String() == "{...}"
			if name != "type" && name != "environment" && !anyPod {
				f.Named[name] = field
			}
		}
		out.Fields = &f
	}
	out.All = nil
	for _, part := range match.All {
		out.All = append(out.All, settled(part))
	}
	return out
}

// subject translates constraints on a resource to CEL about the object.
type subject struct{ pods bool } // every kind makes pods

// cel writes a constraint on the subject, whose properties are the object.
// Constraints of the subject's own fields become conditions on the object or its pod.
// Anything that is asked of the subject as a whole has no counterpart there. All that
// cannot be said is reported together.
func (s subject) cel(c plan.Constraint) (string, error) {
	var parts []string
	var problems []error
	take := func(expression string, err error) {
		parts, problems = append(parts, expression), append(problems, err)
	}
	for _, one := range c.All {
		take(s.cel(one))
	}
	if len(c.Any) > 0 {
		take(s.either(c.Any))
	}
	if c.Fields != nil {
		take(s.fields(c.Fields))
	}
	// What is left after the parts that have a counterpart.
	rest := c
	rest.All, rest.Any, rest.Fields = nil, nil, nil
	if text := rest.String(); text != "_" {
		problems = append(problems, fmt.Errorf("it asks %s of the resource as a whole", text))
	}
	return all(parts), errors.Join(problems...)
}

// either is a disjunction over the subject.
func (s subject) either(alternatives []plan.Constraint) (string, error) {
	parts := make([]string, len(alternatives))
	var problems []error
	for i, one := range alternatives {
		part, err := s.cel(one)
		parts[i], problems = part, append(problems, err)
	}
	return either(parts, func(p string) string { return p }), errors.Join(problems...)
}

// fields translates what is asked of the subject's named fields. "properties" are the
// object itself, "pod" the pod in it; the rest an API server does not have. The parts
// are sorted, as the names come from a map and the text must be the same each time.
func (s subject) fields(f *plan.Fields) (string, error) {
	var parts []string
	var problems []error
	if f.Closed || len(f.Patterns) > 0 {
		problems = append(problems, errors.New("it asks something of every field of the resource"))
	}
	for name, field := range f.Named {
		at := map[string]string{"properties": "variables.object", "pod": "variables.pod"}[name]
		switch {
		case at == "":
			problems = append(problems, fmt.Errorf("it speaks of %s, which an API server does not know", name))
			continue
		case name == "pod" && !s.pods:
			problems = append(problems, errors.New("it asks for the pod of kinds that make none"))
			continue
		}
		expression, err := CEL(field.Is, at)
		parts, problems = append(parts, expression), append(problems, err)
	}
	slices.Sort(parts)
	return all(parts), errors.Join(problems...)
}

// Options say where the objects are for.
type Options struct {
	// Prefix begins every name, so that installations on one cluster stay apart.
	Prefix string
	// Shared begins the names of policies in the place of Prefix, where it is given: they
	// end in a digest of what they say, so that namespaces whose rules are equal have one
	// policy, and a binding each. An API server compiles every policy that it has.
	Shared string
	// Namespaces that the rules hold in; none means all, the system's too.
	Namespaces []string
	// Environment decides rules that speak of one; "" leaves those out.
	Environment string
	Exemptions  func(rule string) []plan.Exemption // that hold now; nil: none
}

// Objects returns a ValidatingAdmissionPolicy and its binding for every rule
// that an API server can enforce, in order of rule, and the rules about
// Kubernetes that it cannot, with the reason.
// Exemptions of single subjects become conditions by name. One of everything leaves
// the rule out, as a policy that excludes all objects would only cost time.
func Objects(rules []*policies.Rule, opt Options) (objects []map[string]any, not map[string]error) {
	not = map[string]error{}
	for _, r := range rules {
		if r.Level == plan.Disabled {
			continue
		}
		c, err := Compile(r, opt.Environment)
		if until := opt.exemptUntil(r.ID); err == nil && until != "" {
			err = fmt.Errorf("everything is exempt from it until %s", until)
		}
		switch {
		case errors.Is(err, ErrNotKubernetes):
		case err != nil:
			not[r.ID] = err
		default:
			made, err := c.objects(opt)
			if err != nil {
				not[r.ID] = err
			}
			objects = append(objects, made...)
		}
	}
	return objects, not
}

// exemptUntil is the day until which everything is exempt from the rule, or "".
// The objects do not end with the day: they are made again by then or later.
func (o Options) exemptUntil(rule string) string {
	if o.Exemptions == nil {
		return ""
	}
	for _, x := range o.Exemptions(rule) {
		if len(x.Subjects) == 0 {
			return x.Expires
		}
	}
	return ""
}

// name is what the binding is called, and the policy if it is not shared.
// Names of these objects are cluster-wide, hence the prefix.
func (c Compiled) name(opt Options) string {
	return strings.TrimPrefix(opt.Prefix+"-"+c.word(), "-")
}

// word is the rule's name in those of objects.
func (c Compiled) word() string { return strings.ReplaceAll(c.Rule.ID, "/", "-") }
