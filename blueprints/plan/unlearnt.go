package plan

import (
	"maps"
	"slices"
)

// Unlearnt is a column that a model does not learn from, and why.
type Unlearnt struct {
	Column string `json:"column"`
	Why    string `json:"why"`
}

// Unlearnt returns why no model learns from such a column, or "".
func (c Column) Unlearnt() string {
	switch {
	case c.Anonymise == "drop":
		return "is dropped"
	case c.Type == Text:
		return "a text"
	case c.Type == Timestamp:
		return "a timestamp"
	}
	return ""
}

// Unlearnt returns the columns of the model's dataset that its features lack
// because of what they are, sorted by name. Columns that the blueprint leaves
// out, which the plan does not tell apart otherwise, are not among them.
func (p *Plan) Unlearnt(model string) []Unlearnt {
	m := p.Models[model]
	columns := p.Datasets[m.Dataset].Columns
	var out []Unlearnt
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		why := columns[name].Unlearnt()
		if why != "" && name != m.Target && !slices.Contains(m.Features, name) {
			out = append(out, Unlearnt{Column: name, Why: why})
		}
	}
	return out
}
