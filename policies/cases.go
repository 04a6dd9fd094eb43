package policies

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue"
)

// cases reads a rule's examples.
//
// A case is named by its key and has one subject for each kind, so that pass and
// fail of the same idea are beside each other. Names in a subject are checked
// against the vocabulary: a case with a misspelt field would test nothing.
func (c *compiler) cases(r *Rule, v cue.Value, at string) {
	it, err := v.LookupPath(cue.ParsePath("cases")).Fields()
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		path := at + ".cases." + name
		for _, kind := range caseKinds {
			subject := it.Value().LookupPath(cue.MakePath(cue.Str(kind)))
			if !subject.Exists() {
				continue
			}
			place := module(true).Place(it.Value())
			one := Case{Name: name, Kind: kind, File: place.Filename(), Line: place.Line(), Col: place.Column()}
			if err := decodeValue(subject, &one.Subject); err != nil {
				c.say(subject, path, err.Error(), "a case is made of values, not of constraints")
				continue
			}
			for _, s := range c.words[r.About].strangersIn(one.Subject, nil) {
				c.say(placed(subject, s.path), path+"."+strings.Join(s.path, "."),
					fmt.Sprintf("%s has no %q", a(r.About), s.path[len(s.path)-1]), s.hint)
			}
			r.Cases = append(r.Cases, one)
		}
	}
}
