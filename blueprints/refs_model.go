package blueprints

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// model checks one model and fills in what its data and task decide.
func (r *refs) model(name string, m *plan.Model) {
	at := func(rest ...string) []string { return append([]string{"models", name}, rest...) }
	if !r.among("dataset", m.Dataset, keys(r.plan.Datasets), at("dataset")...) {
		return
	}
	d := r.plan.Datasets[m.Dataset]
	if !r.among("column", m.Target, keys(d.Columns), at("target")...) {
		return
	}
	r.task(name, m, d.Columns[m.Target])
	if m.Task == "" {
		return
	}
	r.splitKey(name, m, d)
	r.features(name, m, d)
	if tasks := plan.Tasks(m.Algorithm); !slices.Contains(tasks, m.Task) {
		r.say(fmt.Sprintf("%s does not do %s, which %s is", m.Algorithm, m.Task, m.Target), "use one of "+
			source.List(algorithmsFor(m.Task)), at("algorithm")...)
		return
	}
	if m.Algorithm == plan.Custom {
		r.custom(name, m)
	} else {
		r.params(name, m)
		if m.Artifact != nil {
			r.say(m.Algorithm+" produces no custom artifact",
				`say algorithm: "custom", or take the artifact away`, at("artifact")...)
		}
	}
	r.defaults(name, m)
	r.gates(name, m, d)
	r.protectedModel(name, m, d)
	if m.Search != nil {
		r.search(name, m)
	}
}

// task follows from the target's type.
func (r *refs) task(name string, m *plan.Model, c plan.Column) {
	path := []string{"models", name, "target"}
	if c.ValuesMostly > 0 {
		r.say(fmt.Sprintf("the target %s has values_mostly, but a class outside of its values cannot be learnt",
			m.Target), "take values_mostly away, and such rows out of the data", path...)
	}
	switch {
	case c.Type.Numeric():
		m.Task = plan.Regression
		if m.Positive != "" {
			r.say(fmt.Sprintf("%s is a number, so it has no positive class", m.Target),
				"leave positive out, or make the column a category", "models", name, "positive")
		}
	case c.Type != plan.Category:
		r.say(fmt.Sprintf("%s is a %s column, which no model predicts", m.Target, c.Type),
			`declare it type: "category" with its values, or predict a number`, path...)
	case m.Positive != "" || len(c.Values) == 2:
		m.Task = plan.Binary
		if m.Positive == "" {
			m.Positive = slices.Max(c.Values)
		}
		if len(c.Values) > 0 {
			r.among("class", m.Positive, c.Values, "models", name, "positive")
		} else {
			r.readable(r.plan.Datasets[m.Dataset], m.Target, m.Positive, "models", name, "positive")
		}
		if len(c.Values) > 2 {
			r.say(fmt.Sprintf("positive names one of two classes, but %s has %d values", m.Target, len(c.Values)),
				"leave positive out for a target of several classes", "models", name, "positive")
		}
	default:
		m.Task = plan.Multiclass
	}
}

// splitKey is a column that every row has a value in.
func (r *refs) splitKey(name string, m *plan.Model, d plan.Dataset) {
	at := []string{"models", name, "split", "key"}
	switch key := m.Split.Key; {
	case key == "":
	case key == m.Target:
		r.say(fmt.Sprintf("the target %q cannot be the key: all rows of a class would be on one side", key),
			"name the column that says what a row is about", at...)
	case !r.among("column", key, keys(d.Columns), at...):
	case d.Columns[key].Nullable || d.Columns[key].Optional:
		r.say(fmt.Sprintf("%q may have no value, and a row's side follows from it", key),
			"name a column that is neither nullable nor optional", at...)
	case d.Columns[key].Anonymise == "drop":
		r.say(fmt.Sprintf("%q is dropped, and a row's side follows from it", key),
			"hash it instead, or name another column", at...)
	}
}

// features are the named ones, or all but the target, the key of the split, those
// that are excluded and those that cannot be learnt from.
func (r *refs) features(name string, m *plan.Model, d plan.Dataset) {
	at := func(rest ...string) []string { return append([]string{"models", name}, rest...) }
	columns := keys(d.Columns)
	if len(m.Features) > 0 {
		for i, f := range m.Features {
			if f == m.Target {
				r.say(fmt.Sprintf("the target %q cannot be a feature too", f), "", at("features", fmt.Sprint(i))...)
			} else if r.among("column", f, columns, at("features", fmt.Sprint(i))...) && !learnable(d.Columns[f]) {
				why := fmt.Sprintf("%q is a %s column, which is not learnt from", f, d.Columns[f].Type)
				if d.Columns[f].Protection() == plan.Drop {
					why = fmt.Sprintf("%q is dropped when the data come in", f)
				}
				r.say(why, "", at("features", fmt.Sprint(i))...)
			}
		}
		slices.Sort(m.Features)
		m.Features = slices.Compact(m.Features)
		return
	}
	excluded := r.texts(at("exclude")...)
	for i, f := range excluded {
		r.among("column", f, columns, at("exclude", fmt.Sprint(i))...)
	}
	for _, f := range columns {
		if f != m.Target && f != m.Split.Key && learnable(d.Columns[f]) && !slices.Contains(excluded, f) {
			m.Features = append(m.Features, f)
		}
	}
	if len(m.Features) == 0 {
		r.say("no column is left to learn from", "", at("exclude")...)
	}
}

func learnable(c plan.Column) bool { return c.Unlearnt() == "" }

// texts returns the list of texts that the user wrote at the path.
func (r *refs) texts(path ...string) []string {
	n := r.nodeAt(path)
	if n == nil {
		return nil
	}
	var out []string
	for i := range n.elems {
		if s, err := r.value.LookupPath(selectors(path)).LookupPath(index(i)).String(); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// defaults are those that depend on the task, as scikit-learn has them.
func (r *refs) defaults(name string, m *plan.Model) {
	classes := m.Task != plan.Regression
	if r.nodeAt([]string{"models", name, "split", "stratified"}) == nil {
		m.Split.Stratified = classes
	}
	if m.CrossValidation != nil && r.nodeAt([]string{"models", name, "cross_validation", "stratified"}) == nil {
		m.CrossValidation.Stratified = classes
	}
	if m.Split.Stratified && !classes {
		r.say("a number has no classes to stratify by", "", "models", name, "split", "stratified")
	}
	if m.Algorithm == plan.RandomForest {
		fill := plan.Params{"max_features": "sqrt", "criterion": "gini"}
		if !classes {
			fill = plan.Params{"max_features": 1.0, "criterion": "squared_error"}
		}
		m.Params = fill.With(m.Params)
		if want := m.Params.Text("criterion", ""); classes == (want == "squared_error") {
			r.say(fmt.Sprintf("criterion %q does not fit a %s", want, m.Task), "", "models",
				name, "params", "criterion")
		}
	}
	if m.Task == plan.Regression && m.Params["class_weight"] != nil {
		r.say("a number has no classes to weigh", "", "models", name, "params", "class_weight")
	}
	if m.Preprocessing.Numeric == "none" && m.Algorithm != plan.GradientBoosting && m.Algorithm != plan.Custom {
		r.say(m.Algorithm+" cannot take missing values", `use numeric: "median" or "mean"`, "models", name,
			"preprocessing", "numeric")
	}
	if m.Search != nil && m.Search.Metric == "" {
		m.Search.Metric = plan.MetricNames(m.Task)[0]
	}
	for i, who := range m.Approval.Approvers {
		if strings.TrimSpace(who) == "" {
			r.say("an approver has a name", "", "models", name, "approval", "approvers", fmt.Sprint(i))
		}
	}
	if n := len(m.Approval.Approvers); n > 0 && n < m.Approval.Count {
		r.say(fmt.Sprintf("%d approvals are asked for, but only %d may approve", m.Approval.Count, n), "", "models",
			name, "approval", "count")
	}
}

func algorithmsFor(t plan.Task) []string {
	var out []string
	for _, a := range []string{plan.RandomForest, plan.GradientBoosting,
		plan.LogisticRegression, plan.LinearRegression} {
		if slices.Contains(plan.Tasks(a), t) {
			out = append(out, a)
		}
	}
	return out
}
