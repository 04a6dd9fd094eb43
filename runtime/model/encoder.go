package model

import "github.com/ashlar-dev/ashlar/blueprints/plan"

// Encoder turns a frame's columns into a matrix. It is fitted on the training
// part only and holds every number it learnt.
type Encoder struct {
	Fields []FieldEncoder `json:"fields"` // one a signature input, in that order
}

// FieldEncoder encodes one input.
type FieldEncoder struct {
	Name string          `json:"name"`
	Type plan.ColumnType `json:"type"`
	// Numeric inputs: a missing value becomes Fill where Impute is set, else
	// stays NaN; then (v - Mean) / Scale where Scale is not 0.
	Impute bool    `json:"impute,omitempty"`
	Fill   float64 `json:"fill,omitempty"`
	Mean   float64 `json:"mean,omitempty"`
	Scale  float64 `json:"scale,omitempty"`
	// Coded inputs: OneHot gives a 0/1 column a category and one for unknown;
	// otherwise one column with the category's index, len(Categories) for unknown.
	// A missing category takes Mode where Impute is set, else it is unknown.
	OneHot     bool     `json:"one_hot,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Mode       string   `json:"mode,omitempty"`
}
