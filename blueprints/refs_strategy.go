package blueprints

import (
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// strategy checks how the endpoint's versions take the traffic.
func (r *refs) strategy(name string) {
	e := r.plan.Endpoints[name]
	at := func(rest ...string) []string { return append([]string{"endpoints", name, "strategy"}, rest...) }
	if kinds := e.Strategy.Kinds(); len(kinds) > 1 {
		r.say("a strategy is one of rolling, canary, blueGreen, shadow and ab, not "+strings.Join(kinds, " and "), "",
			at()...)
	}
	r.canary(name)
	if b := e.Strategy.BlueGreen; b != nil && b.ScaleDownDelay != "" {
		r.atLeast(time.Second, b.ScaleDownDelay, at("blueGreen", "scaleDownDelay")...)
	}
	if e.Strategy.AB != nil {
		r.ab(name)
	}
	for where, a := range e.Strategy.Analyses() {
		r.analysis(a, r.plan.Models[e.Model], at(strings.Split(where, ".")...))
	}
}

// canary steps each do one thing, and weights rise.
func (r *refs) canary(name string) {
	c := r.plan.Endpoints[name].Strategy.Canary
	if c == nil {
		return
	}
	last := -1
	for i, s := range c.Steps {
		path := []string{"endpoints", name, "strategy", "canary", "steps", fmt.Sprint(i)}
		things := 0
		for _, set := range []bool{s.SetWeight != nil, s.Pause != "", s.Analysis != nil} {
			if set {
				things++
			}
		}
		switch {
		case things != 1:
			r.say("a step is setWeight, pause or analysis, one of them", "", path...)
		case s.SetWeight != nil:
			if *s.SetWeight <= last {
				r.say(fmt.Sprintf("weight %d after %d: weights rise from step to step", *s.SetWeight, last), "", path...)
			}
			last = *s.SetWeight
		case s.Pause != "" && s.Pause != plan.ManualPause:
			r.atLeast(time.Second, s.Pause, append(path, "pause")...)
		}
	}
}

// ab checks what requests are assigned by, and what they are divided between.
func (r *refs) ab(name string) {
	e := r.plan.Endpoints[name]
	ab, m := e.Strategy.AB, r.plan.Models[e.Model]
	at := func(rest ...string) []string { return append([]string{"endpoints", name, "strategy", "ab"}, rest...) }
	if strings.HasPrefix(ab.By, plan.HeaderPrefix) {
		if !validHeader(ab.Header()) {
			r.say(fmt.Sprintf("%q is not a name of a header", ab.Header()), `such as by: "header:X-User"`, at("by")...)
		}
	} else if d, known := r.plan.Datasets[m.Dataset]; known {
		r.among("column", ab.By, keys(d.Columns), at("by")...)
	}
	if len(ab.Variants) < 2 {
		r.say("a test is between two variants or more", "", at("variants")...)
	}
	total, same := 0, map[plan.Variant]string{}
	for _, variant := range ab.Names() {
		r.name(variant, at("variants", variant)...)
		v := ab.Variants[variant]
		total += v.Weight
		if v.Model == "" {
			v.Model = e.Model
		}
		r.variantModel(v.Model, m, at("variants", variant, "model"))
		v.Weight = 0
		if other, twice := same[v]; twice {
			r.say(fmt.Sprintf("variants %s and %s are the same version of the same model", other, variant),
				"give one of them a version or a model", at("variants", variant)...)
		}
		same[v] = variant
	}
	if total != 100 && len(ab.Variants) > 0 {
		r.say(fmt.Sprintf("the weights of the variants make %d, not 100", total), "", at("variants")...)
	}
}

// variantModel checks that the model of a variant answers the endpoint's question.
func (r *refs) variantModel(variant string, m plan.Model, path []string) {
	if !r.among("model", variant, keys(r.plan.Models), path...) {
		return
	}
	if v := r.plan.Models[variant]; v.Dataset != m.Dataset || v.Target != m.Target || v.Task != m.Task {
		r.say(fmt.Sprintf("model %s predicts another target than the endpoint's model", variant),
			"variants are models of one dataset and target", path...)
	}
}

// validHeader reports whether HTTP allows the name of a header.
func validHeader(name string) bool {
	for _, c := range name {
		if !strings.ContainsRune("-_", c) && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return name != "" && len(textproto.CanonicalMIMEHeaderKey(name)) <= 100
}

// analysis checks that each metric is one that the judge knows of the model.
func (r *refs) analysis(a *plan.Analysis, m plan.Model, path []string) {
	at := func(rest ...string) []string { return append(path[:len(path):len(path)], rest...) }
	if len(a.Metrics) == 0 {
		r.say("an analysis without a metric judges nothing", "such as metrics: error_rate: <0.01", at("metrics")...)
	}
	for _, metric := range keys(a.Metrics) {
		r.among("metric", metric, plan.JudgedMetrics(m.Task), at("metrics", metric)...)
	}
	_, compares := a.Metrics[plan.Agreement]
	switch regression := m.Task == plan.Regression; {
	case a.Tolerance > 0 && (!compares || !regression):
		r.say("tolerance is for the agreement of predicted numbers", "leave it out", at("tolerance")...)
	case a.Tolerance == 0 && compares && regression:
		r.say("two versions of a regression never predict the same number",
			"add the tolerance within which predictions agree, such as tolerance: 0.5", at()...)
	}
}
