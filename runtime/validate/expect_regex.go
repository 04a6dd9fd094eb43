package validate

import "github.com/ashlar-dev/ashlar/runtime/dataset"

// matchRegex and notMatchRegex search the value's text for an RE2 expression,
// anywhere in it.
func matchRegex(rq *request) verdict    { return rq.matches(true) }
func notMatchRegex(rq *request) verdict { return rq.matches(false) }

func (rq *request) matches(wanted bool) verdict {
	re, c := rq.regexp("regex"), rq.column()
	ok := func(s string) bool { return re.MatchString(s) == wanted }
	return rq.eachValue(c, func(v float64) bool {
		one := dataset.Column{Type: c.spec.Type, Floats: []float64{v}}
		return ok(valueText(&one, 0))
	}, ok)
}
