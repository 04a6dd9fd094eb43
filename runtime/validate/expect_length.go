package validate

import (
	"unicode/utf8"
)

// lengthsBetween and lengthsEqual count code points.
func lengthsBetween(rq *request) verdict { return rq.lengths(rq.strictInterval(rq.whole)) }
func lengthsEqual(rq *request) verdict   { return rq.lengths(rq.equal()) }

// Code points and not bytes, as Python's len counts; characters that are
// composed of several count as several.
func (rq *request) lengths(b interval) verdict {
	c := rq.column()
	if !coded(c.spec) {
		rq.say("column %s is a %s: only a category or a text has a length", c.name, c.spec.Type)
	}
	return rq.eachValue(c, nil, func(s string) bool { return b.contains(float64(utf8.RuneCountInString(s))) })
}
