package consequence

import (
	"maps"
	"slices"
)

// verdicts says which policies turn: where the worst that a rule says of a
// subject is another than before.
// An exemption is loosened: something that was stopped passes.
func (c *comparer) verdicts() {
	before := map[string]Verdict{}
	if c.base != nil {
		before = worst(c.base.Verdicts)
	}
	after := worst(c.head.Verdicts)
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		was, objected := before[key]
		is, objects := after[key]
		from, to := outcome(was, objected), outcome(is, objects)
		switch {
		case from == to:
		case to == "refused":
			c.add(Policies, "policy "+is.Policy, Refused, is.Message, nil)
		case to == "advised":
			c.add(Policies, "policy "+is.Policy, Advised, is.Message+formerly(from), nil)
		case to == "exempt":
			c.add(Policies, "policy "+is.Policy, Loosened, "exempts "+is.Subject+formerly(from), nil)
		default:
			c.add(Policies, "policy "+was.Policy, Passes, "objects no longer to "+was.Subject+formerly(from), nil)
		}
	}
}

// formerly says what the outcome was before; nothing where there was none.
func formerly(from string) string {
	if from == "" {
		return ""
	}
	return " (before: " + from + ")"
}

// outcome is what a policy makes of a subject; "" is no objection.
func outcome(v Verdict, objects bool) string {
	switch {
	case !objects:
		return ""
	case v.Refuses:
		return "refused"
	case v.Exempt:
		return "exempt"
	}
	return "advised"
}

// worst keeps one verdict a policy and subject.
// A rule may object to several parts of a subject; what counts is whether it refuses.
func worst(all []Verdict) map[string]Verdict {
	rank := func(v Verdict) int {
		return slices.Index([]string{"", "exempt", "advised", "refused"}, outcome(v, true))
	}
	out := map[string]Verdict{}
	for _, v := range all {
		// NUL is in neither name.
		key := v.Policy + "\x00" + v.Subject
		if kept, ok := out[key]; !ok || rank(v) > rank(kept) {
			out[key] = v
		}
	}
	return out
}
