package effect

import "slices"

// entry says how the effect of a field is seen.
type entry struct {
	field string
	base  string // file of testdata
	// with are edits of the base, OLD and NEW in turn, that give the field
	// something to act on; change is the edit of the field itself.
	with   []string
	change []string
	seen   probe
}

// entries lists every field of the schema that is not documentation.
func entries() []entry {
	return slices.Concat(ownerEntries(), datasetEntries(), algorithmEntries(), modelEntries(), artifactEntries(),
		gateEntries(), pipelineEntries(), stageEntries(), trackingEntries(), endpointEntries(), accessEntries(),
		driftEntries(), sloEntries(), releaseEntries(), exposeEntries())
}

// documentation are the fields that speak to people, each with a change that no
// probe may see.
func documentation() map[string][]string {
	return map[string][]string{
		"#Blueprint.description": {"tells who pays a loan back", "says who repays"},
		"#Dataset.description":   {"applications of a year", "a year of applications"},
		"#Column.description":    {"of the applicant", "in years"},
		"#Column.unit":           {"EUR", "USD"},
		"#Model.description":     {"ranks applications by risk", "orders applications by risk"},
		"#Pipeline.description":  {"trains every night", "trains at night"},
		"#Stage.description":     {"counts applications", "counts the lines"},
		"#Endpoint.description":  {"answers the counter", "is asked by the counter"},
		"#Overlay.description":   overlaid(`description: "says who repays"`),
		"#SLO.description":       {"what the counter may expect", "for the counter"},
	}
}
