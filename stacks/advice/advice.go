// Package advice says what is worth knowing of a blueprint before anything is
// built: features that give the target away or only name rows, targets that are
// classes declared as numbers, expectations that validation would refuse, memory of
// stages that is not what their runs held, analyses of new versions that cannot see what
// they are told to see, and a project that other repositories have too. It reads the first rows of data files that
// are below the blueprint's folder, and no others.
package advice

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/advise"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

// adviceRows is how many of a file's first rows check looks at. A sample and not
// a stored profile, because check runs in CI, where nothing was built; the first
// rows and not all, because it must stay fast. What a sample does not show, such
// as where a file is sorted by the target, is not said.
const adviceRows = 2000

// The rules that advice is filed under. They are no rules of a pack, for they
// read data; nothing refuses on them.
const (
	leakRule       = "data/leak"
	identifierRule = "data/identifier"
	targetRule     = "data/target"
)

// Adviser advises on the models of one folder, and reads each dataset once.
type Adviser struct {
	dir     string
	samples map[string]*dataset.Frame
}

// New returns an adviser on the blueprint in dir.
func New(dir string) Adviser {
	return Adviser{dir: dir, samples: map[string]*dataset.Frame{}}
}

// Findings is the advice on every model of the plan.
func (v Adviser) Findings(p *plan.Plan, at blueprints.Positions) []policies.Finding {
	var out []policies.Finding
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		m := p.Models[name]
		ds := p.Datasets[m.Dataset]
		note := func(rule, title, field, message, reason, fix string) {
			f := policies.Finding{
				Policy: rule, Title: title, Level: plan.Advisory, About: policies.Model, Subject: name,
				Environments: []string{p.Environment},
				Path:         "models." + name + "." + field, PlanPath: []string{"models", name, field},
				Message: "model " + name + ": " + message, Reason: reason, Fix: fix,
			}
			f.File, f.Line, f.Col = at.Of(f.PlanPath...)
			out = append(out, f)
		}
		sample := v.sample(ds)
		if why := twoValued(ds, m.Target, sample); m.Task == plan.Regression && why != "" {
			note(targetRule, "A target of two values is two classes", "target",
				fmt.Sprintf("%q is predicted as a number, and %s", m.Target, why),
				"a regression on two values is judged by r2 and answers what lies between them",
				fmt.Sprintf("declare the column %q a category with its two values, or leave it where a number is meant",
					m.Target))
		}
		for _, x := range advised(ds, m, sample) {
			if x.Kind == advise.Leak {
				note(leakRule, "No feature is the target itself", "target",
					fmt.Sprintf("the feature %q may give the target away: %s", x.Column, x.Why),
					"what is known only together with the target is not there when the model is asked",
					fmt.Sprintf("add %q to exclude, unless it is known before the target is", x.Column))
			} else {
				note(identifierRule, "No feature only names a row", "target",
					fmt.Sprintf("the feature %q names rows: %s", x.Column, x.Why),
					"a model learns identifiers by heart, and meets new ones only",
					fmt.Sprintf("add %q to exclude", x.Column))
			}
		}
	}
	return out
}

// sample returns the first rows of a dataset that is a file here, or nil: what
// is not here, or does not read, is for up to say. A file elsewhere on the machine
// is not looked at, since whoever proposes a change chooses it and sees the advice.
func (v Adviser) sample(ds plan.Dataset) *dataset.Frame {
	if strings.Contains(ds.Source, "://") || !filepath.IsLocal(filepath.FromSlash(ds.Source)) {
		return nil
	}
	ds.Sample = 0 // what is worth saying is so of all rows
	key, err := json.Marshal(ds)
	if err != nil {
		return nil
	}
	if f, ok := v.samples[string(key)]; ok {
		return f
	}
	f, err := dataset.Head(context.Background(), ds, dataset.Options{Dir: v.dir, Workers: 1}, adviceRows)
	if err != nil {
		f = nil
	}
	v.samples[string(key)] = f
	return f
}

// advised is what the sample shows, and what the blueprint says by itself: a
// feature whose values must be unique names rows.
func advised(ds plan.Dataset, m plan.Model, sample *dataset.Frame) []advise.Advice {
	var out []advise.Advice
	if sample != nil {
		out = advise.Features(sample, m.Target, m.Task != plan.Regression, m.Features)
	}
	for _, e := range ds.Expect {
		known := slices.ContainsFunc(out, func(x advise.Advice) bool { return x.Column == e.Column })
		if e.Expectation == "column_values_to_be_unique" && !known && slices.Contains(m.Features, e.Column) &&
			ds.Columns[e.Column].Type != plan.Number {
			out = append(out, advise.Advice{Column: e.Column, Kind: advise.Identifier,
				Why: "its values must be unique, says an expectation"})
		}
	}
	return out
}

// twoValued says why an integer can only have two values, or "".
func twoValued(ds plan.Dataset, target string, sample *dataset.Frame) string {
	if ds.Columns[target].Type != plan.Integer {
		return ""
	}
	for _, e := range ds.Expect {
		if e.Column != target {
			continue
		}
		set, _ := e.Kwargs["value_set"].([]any)
		if e.Expectation == "column_values_to_be_in_set" && len(set) == 2 {
			return "an expectation allows it two values"
		}
		low, isLow := e.Kwargs["min_value"].(float64)
		high, isHigh := e.Kwargs["max_value"].(float64)
		if e.Expectation == "column_values_to_be_between" && isLow && isHigh && high == low+1 {
			return fmt.Sprintf("an expectation allows it %g and %g", low, high)
		}
	}
	if sample == nil || sample.Rows < 20 || sample.Column(target) == nil {
		return ""
	}
	if values := advise.Values(sample.Column(target), 2); len(values) == 2 {
		return fmt.Sprintf("its only values in the first %s are %s and %s",
			plan.Counted(sample.Rows, "row"), values[0], values[1])
	}
	return ""
}
