package validate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
)

// Report is how a dataset compares with what its blueprint expects. It is plain
// data: JSON-safe, and the same for the same rows.
type Report struct {
	Dataset string `json:"dataset"`
	// Success is whether every critical expectation holds and the data are of
	// the declared schema.
	Success bool  `json:"success"`
	Rows    int64 `json:"rows"`
	// SourceRows is how many rows the source has of which Rows are a sample; 0 where
	// they are no sample.
	SourceRows int64      `json:"source_rows,omitempty"`
	Statistics Statistics `json:"statistics"`
	Results    []Result   `json:"results"` // in the blueprint's order
	// Schema is what differs from the declared columns; nil where nothing does.
	Schema  *dataset.SchemaError `json:"schema,omitempty"`
	Notices []dataset.Problem    `json:"notices,omitempty"` // no problems: undeclared columns
	Profile *profile.Profile     `json:"profile,omitempty"`
}

// Statistics count expectations.
type Statistics struct {
	Evaluated      int     `json:"evaluated_expectations"`
	Successful     int     `json:"successful_expectations"`
	Unsuccessful   int     `json:"unsuccessful_expectations"`
	Warnings       int     `json:"warnings"` // unsuccessful, and only told
	SuccessPercent float64 `json:"success_percent"`
}

// schemaOf returns the reader's findings, without values of sensitive columns.
func schemaOf(ds plan.Dataset, reader *dataset.Reader) (found *dataset.SchemaError, notices []dataset.Problem) {
	return privacy.SchemaError(ds, reader.Problems()), privacy.Problems(ds, reader.Notices())
}

// Counted says how many rows were validated, of a sample also from how many they were
// chosen.
func (r *Report) Counted() string {
	if r.SourceRows > 0 {
		return fmt.Sprintf("%d of %s", r.Rows, plan.Counted(r.SourceRows, "row"))
	}
	return plan.Counted(r.Rows, "row")
}

// finish counts the results and decides on success. It is called once, after
// all results and the schema are set. No expectations at all are 100 %.
func (r *Report) finish() {
	r.Success = r.Schema == nil
	s := &r.Statistics
	for i := range r.Results {
		x := &r.Results[i]
		s.Evaluated++
		switch {
		case x.Success:
			s.Successful++
		case x.Critical():
			r.Success = false
		default:
			s.Warnings++
		}
	}
	s.Unsuccessful = s.Evaluated - s.Successful
	s.SuccessPercent = 100
	if s.Evaluated > 0 {
		s.SuccessPercent = percent(int64(s.Successful), int64(s.Evaluated))
	}
}

// Failures tells everything for which the report fails, a line each.
func (r *Report) Failures() []string {
	var out []string
	if r.Schema != nil {
		out = strings.Split(r.Schema.Error(), "\n")
	}
	for i := range r.Results {
		if x := &r.Results[i]; !x.Success && x.Critical() {
			out = append(out, x.String())
		}
	}
	return out
}

// Warnings tells which expectations of severity warning do not hold.
func (r *Report) Warnings() []string {
	var out []string
	for i := range r.Results {
		if x := &r.Results[i]; !x.Success && !x.Critical() {
			out = append(out, x.String())
		}
	}
	return out
}

// Table writes the report for people: a line an expectation, offending rows
// under it, then what differs from the schema.
//
// Errors of the lines in between are not looked at: a writer that has failed is
// expected to fail again on the last line.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\tEXPECTATION\tARGUMENTS\tOBSERVED\n")
	for i := range r.Results {
		x := &r.Results[i]
		mark := "ok"
		if !x.Success {
			mark = "FAILED"
			if !x.Critical() {
				mark = "warning"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", mark, x.Expectation, arguments(x.Expectation), x.found())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range r.Results {
		if x := &r.Results[i]; !x.Success && len(x.Examples) > 0 {
			fmt.Fprintf(w, "\n%s: %d unexpected (%.3g %%), such as\n", x.Expectation,
				x.UnexpectedCount, x.UnexpectedPercent)
			for _, e := range x.Examples {
				fmt.Fprintf(w, "  %s\n", e)
			}
		}
	}
	if r.Schema != nil {
		fmt.Fprintf(w, "\n%s\n", r.Schema.Error())
	}
	_, err := fmt.Fprintf(w, "\n%s: %s, %d of %d expectations hold\n", r.Dataset, r.Counted(),
		r.Statistics.Successful, r.Statistics.Evaluated)
	return err
}

// arguments writes an expectation's arguments, by name.
func arguments(e plan.Expectation) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(e.Kwargs)) {
		v := e.Kwargs[k]
		if v == nil {
			continue
		}
		out = append(out, k+"="+cut(argumentText(v)))
	}
	return strings.Join(out, " ")
}

// argumentText writes an argument as a blueprint would: texts in quotes,
// objects by sorted keys, so that equal arguments give equal texts.
func argumentText(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return numberText(v)
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, argumentText(x))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case map[string]any:
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, k+": "+argumentText(v[k]))
		}
		return "{" + strings.Join(out, ", ") + "}"
	}
	return fmt.Sprint(v)
}
