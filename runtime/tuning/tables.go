package tuning

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Text is a parameter's value as people read it: a text as it is, anything else
// as JSON has it, and "none" for null.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case string:
		return v
	}
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}

// Summary says in a line what was searched and what was chosen.
func (s *Search) Summary() string {
	tried := max(s.Tried, len(s.Trials))
	out := fmt.Sprintf("%s search by %s, %s", s.Method, s.Metric, plan.Counted(tried, "trial"))
	if s.Tried > 0 {
		out += fmt.Sprintf(", the best %d of them", len(s.Trials))
	}
	return out
}

// SpaceTexts are the candidates of each parameter that was searched.
func (s *Search) SpaceTexts() map[string]string {
	out := map[string]string{}
	for name, candidates := range s.Space {
		texts := make([]string, len(candidates))
		for i, c := range candidates {
			texts[i] = Text(c)
		}
		out[name] = strings.Join(texts, ", ")
	}
	return out
}

// Table has a row a trial, below the header: whether it was chosen, its
// parameters that differ between trials, the mean and deviation of the metric,
// and the metric of each fold.
//
// A report without a space, which its JSON allows, shows the parameters that
// differ instead. Folds are empty where a trial has no cross-validation.
func (s *Search) Table() (header []string, rows [][]string) {
	names := slices.Sorted(maps.Keys(s.Space))
	if len(names) == 0 {
		names = s.differing()
	}
	header = append([]string{"", "trial"}, names...)
	header = append(header, s.Metric, "std", "folds")
	for i, t := range s.Trials {
		mark := ""
		if i == s.Best {
			mark = "*"
		}
		row := []string{mark, strconv.Itoa(i + 1)}
		for _, name := range names {
			row = append(row, Text(t.Params[name]))
		}
		folds := ""
		if t.CrossValidation != nil {
			folds = numbers(t.CrossValidation.Metrics[s.Metric].Values)
		}
		rows = append(rows, append(row, number(t.Mean), number(t.Std), folds))
	}
	return header, rows
}

// differing are the parameters that are not the same in all trials.
//
// A parameter that only some trials have counts by its values in those alone.
// Names are sorted, so the columns are the same at each call.
func (s *Search) differing() []string {
	seen := map[string]map[string]bool{}
	for _, t := range s.Trials {
		for name, v := range t.Params {
			if seen[name] == nil {
				seen[name] = map[string]bool{}
			}
			seen[name][Text(v)] = true
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if len(seen[name]) > 1 {
			out = append(out, name)
		}
	}
	return out
}

// Table has a row a metric, below the header.
func (c *CrossValidation) Table() (header []string, rows [][]string) {
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		f := c.Metrics[name]
		rows = append(rows, []string{name, number(f.Mean), number(f.Std), numbers(f.Values)})
	}
	return []string{"metric", "mean", "std", "folds"}, rows
}

// Summary says in a line how the folds were made.
func (c *CrossValidation) Summary() string {
	if c.Stratified {
		return fmt.Sprintf("%d stratified folds of the training part", c.Folds)
	}
	return fmt.Sprintf("%d folds of the training part", c.Folds)
}

// Metrics are the means and deviations by name, for who keeps flat numbers.
//
// The names are prefixed, "cv_" and "search_", as a tracker holds them beside
// the metrics of the test part, which have the same names without.
func (r *Report) Metrics() map[string]float64 {
	out := map[string]float64{}
	if r.Empty() {
		return out
	}
	if c := r.CrossValidation; c != nil {
		for name, f := range c.Metrics {
			out["cv_"+name+"_mean"], out["cv_"+name+"_std"] = f.Mean, f.Std
		}
	}
	if s := r.Search; s != nil && s.Best < len(s.Trials) {
		out["search_"+s.Metric+"_mean"], out["search_"+s.Metric+"_std"] = s.Trials[s.Best].Mean, s.Trials[s.Best].Std
	}
	return out
}

func number(v float64) string { return plan.Measured(v) }

func numbers(list []float64) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = number(v)
	}
	return strings.Join(out, " ")
}
