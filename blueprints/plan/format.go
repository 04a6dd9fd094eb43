package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The formats of the plan's JSON that this program acts on. A plan is of format 1
// unless it uses a field that came later, so a newer compiler gives the same bytes
// and digest for a blueprint that uses nothing new.
const (
	Format       = 2 // the newest
	OldestFormat = 1
)

// addition is a field that came after format 1.
type addition struct {
	format int
	// ignorable: a program that does not know the field may act on a plan that has
	// it, and is not wrong. Advice, such as a text for people, is; a limit, a rule
	// or a different way of doing something is not.
	ignorable bool
}

// additions are the fields that came after format 1, by their path as Paths gives
// it; testdata/fields.txt has all. A field that is added gets its line here, and
// `omitempty`, so that plans without it stay of the format before; what is within it
// needs none, for it came with it. A new value of a
// field that is there is no addition: who does not know an algorithm or a strategy
// refuses it where it would act on it.
var additions = map[string]addition{
	// Who does not know it reads all rows.
	"datasets.*.sample": {format: 2},
	// Advice alone follows from it.
	"endpoints.*.traffic": {format: 2, ignorable: true},
	// Who does not know it does the same.
	"endpoints.*.strategy.rolling": {format: 2, ignorable: true},
	// Who does not know them gives a version traffic that it must not have yet.
	"endpoints.*.strategy.canary.analysis":          {format: 2},
	"endpoints.*.strategy.canary.steps.*.analysis":  {format: 2},
	"endpoints.*.strategy.blueGreen.prePromotion":   {format: 2},
	"endpoints.*.strategy.blueGreen.postPromotion":  {format: 2},
	"endpoints.*.strategy.blueGreen.scaleDownDelay": {format: 2},
	"endpoints.*.strategy.shadow":                   {format: 2},
	"endpoints.*.strategy.ab":                       {format: 2},
	// Who does not know it admits everybody.
	"endpoints.*.access": {format: 2},
	// Who does not know it opens no way in.
	"endpoints.*.expose": {format: 2, ignorable: true},
}

// Stated is what a plan says of its own format; a plan of format 1 says nothing.
type Stated struct {
	Version int `json:"version"` // the newest format of which a field is in use
	// Reads is the oldest format whose programs can act on the plan without being
	// wrong, if they leave out the fields of Ignore.
	Reads  int      `json:"reads"`
	Ignore []string `json:"ignore,omitempty"` // paths, with * for an item of a map or list
}

// fields are what is stated as a map, whose keys are written in their order.
func (s Stated) fields() map[string]any {
	out := map[string]any{"version": s.Version, "reads": s.Reads}
	if len(s.Ignore) > 0 {
		out["ignore"] = s.Ignore
	}
	return out
}

// formats are what a program knows about formats.
type formats struct {
	oldest, newest int
	added          map[string]addition
}

func known() formats { return formats{OldestFormat, Format, additions} }

// written is a plan's JSON: the plan, and what it says of its format.
type written struct {
	Plan
	Format *Stated `json:"format,omitempty"`
}

// state returns what the plan has to say of its format; nil: nothing.
func (f formats) state(p *Plan) (*Stated, error) {
	if len(f.added) == 0 {
		return nil, nil
	}
	raw, err := json.Marshal(p)
	if err != nil || !f.mentioned(raw) {
		return nil, err
	}
	tree, err := pieces(raw)
	if err != nil {
		return nil, err
	}
	return f.stateOf(tree), nil
}

// stateOf is state of a plan's JSON.
func (f formats) stateOf(tree piece) *Stated {
	out := Stated{Version: 1, Reads: 1}
	ignore := map[string]bool{}
	w := valueWalk{known: fieldsOfPlan()}
	w.found = func(field, path []byte) {
		a, later := f.added[string(field)]
		if !later {
			return
		}
		out.Version = max(out.Version, a.format)
		if a.ignorable {
			ignore[string(path)] = true
		} else {
			out.Reads = max(out.Reads, a.format)
		}
	}
	w.value(tree, reflect.TypeFor[Plan](), nil, nil)
	if out.Version == 1 {
		return nil
	}
	out.Ignore = slices.Sorted(maps.Keys(ignore))
	return &out
}

// mentioned reports whether the JSON has a key that is the name of a later field. Most
// plans have none, and need not be walked.
func (f formats) mentioned(raw []byte) bool {
	for path := range f.added {
		if bytes.Contains(raw, []byte(`"`+path[strings.LastIndex(path, ".")+1:]+`":`)) {
			return true
		}
	}
	return false
}

// check returns an error unless a program that knows these formats may act on a
// plan that says this.
func (f formats) check(s Stated) error {
	switch {
	case s.Reads < 1 || s.Version < s.Reads || len(s.Ignore) > maxIgnored:
		return fmt.Errorf("its format says version %d, reads %d and %s to ignore; want 1 <= reads <= version and at most %d",
			s.Version, s.Reads, Counted(len(s.Ignore), "field"), maxIgnored)
	case s.Reads > f.newest && s.Reads == s.Version:
		return fmt.Errorf("this plan is of format %d; this program reads %s: %s", s.Version, f.text(), upgrade)
	case s.Reads > f.newest:
		return fmt.Errorf("this plan is of format %d, for programs that read %d or later; this program reads %s: %s",
			s.Version, s.Reads, f.text(), upgrade)
	case s.Version < f.oldest:
		return fmt.Errorf("this plan is of format %d; this program reads %s: compile the blueprint with this release's ashlar",
			s.Version, f.text())
	}
	return nil
}

// upgrade is what to do about a plan that is too new.
const upgrade = "upgrade the image that the workloads run (`image` in Pulumi's config), or the ashlar on this machine"

// Formats names the formats that this program reads, for people.
func Formats() string { return known().text() }

func (f formats) text() string {
	switch f.newest - f.oldest {
	case 0:
		return fmt.Sprint(f.newest)
	case 1:
		return fmt.Sprintf("%d and %d", f.oldest, f.newest)
	}
	return fmt.Sprintf("%d to %d", f.oldest, f.newest)
}
