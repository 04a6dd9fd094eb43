package blueprints

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// protection checks that what a column asks for can be done to it.
func (r *refs) protection(dataset, name string, c plan.Column) {
	const category = `declare it type: "category", whose values are texts, or `
	at := []string{"datasets", dataset, "columns", name, "anonymise"}
	coded := c.Type == plan.Category || c.Type == plan.Text
	switch {
	case c.Anonymise == plan.Hash && !coded:
		r.say(fmt.Sprintf("%s is of type %s, and a pseudonym is a text", name, c.Type), category+
			`say anonymise: "mask" or "drop"`, at...)
	case c.Anonymise == plan.Mask && c.Type == plan.Boolean:
		r.say(fmt.Sprintf("%s is true or false, which has no shape without its content", name), category+
			`say anonymise: "drop"`, at...)
	}
}

// protectedModel checks that nothing which a model needs is anonymised away.
func (r *refs) protectedModel(name string, m *plan.Model, d plan.Dataset) {
	if c := d.Columns[m.Target]; c.Protection() != "" {
		r.say(fmt.Sprintf("the target %s is anonymised (%s), so no model could say what it predicts", m.Target,
			c.Protection()), "predict another column, or leave this one as it is", "models", name, "target")
	}
	for _, column := range keys(m.Require.Fairness) {
		if c, ok := d.Columns[column]; ok && c.Protection() == plan.Drop {
			r.say(fmt.Sprintf("%s is dropped when the data come in, so no groups can be made of it", column),
				`keep it, or say anonymise: "hash"`, "models", name, "require", "fairness", column)
		}
	}
}

// protectedSources checks that no stage is handed, or makes, the rows of a
// dataset before they are anonymised: what stages read and make is kept. None is handed
// the rows that a sample leaves out.
func (r *refs) protectedSources(line, name string, p plan.Pipeline) {
	s, origin := p.Stages[name], originOf(name)
	for _, dataset := range keys(r.plan.Datasets) {
		d := r.plan.Datasets[dataset]
		if !d.Keeps() {
			continue
		}
		why := "whose columns are anonymised when they come in; the stage would get them as they are"
		if !d.Protects() {
			why = "of which only a sample is read; the stage would get all rows"
		}
		for i, dep := range s.Deps {
			if _, _, builtin := plan.BuiltinDep(dep); !builtin && plan.Feeds(s.At(dep), d.Source) {
				r.say(fmt.Sprintf("%s is the source of dataset %s, %s", dep, dataset, why),
					`read "ingest:data.csv", which has the rows as they may go further`, "pipelines", line, "stages",
					origin, "deps", fmt.Sprint(i))
			}
		}
		for i, out := range s.Outs {
			if d.Protects() && plan.Feeds(s.At(out), d.Source) {
				r.say(fmt.Sprintf("%s is the source of dataset %s, whose columns are anonymised when they come in; what a stage makes is kept as it is", out, dataset),
					"anonymise it in the stage and leave anonymise out, or name a source that no stage makes",
					"pipelines", line, "stages", origin, "outs", fmt.Sprint(i))
			}
		}
	}
}
