package dataset

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// summary is what testdata/examples.py writes of a column.
type summary struct {
	Name    string          `json:"name"`
	Missing int             `json:"missing"`
	Type    plan.ColumnType `json:"type"`
	Counts  map[string]int  `json:"counts"`
	Min     float64         `json:"min"`
	Max     float64         `json:"max"`
	Sum     float64         `json:"sum"`
}

func summarise(c *Column) summary {
	s := summary{Name: c.Name, Type: c.Type}
	if c.Coded() {
		s.Counts = map[string]int{}
	} else {
		s.Min, s.Max = math.Inf(1), math.Inf(-1)
	}
	for row := range c.Len() {
		switch {
		case c.Missing(row):
			s.Missing++
		case c.Coded():
			s.Counts[c.Value(row)]++
		default:
			s.Min, s.Max = min(s.Min, c.Floats[row]), max(s.Max, c.Floats[row])
			s.Sum += c.Floats[row]
		}
	}
	return s
}

func TestExamplesReadAsPandasReadsThem(t *testing.T) {
	raw, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples map[string]struct {
		Source  string    `json:"source"`
		Rows    int       `json:"rows"`
		Columns []summary `json:"columns"`
	}
	if err := json.Unmarshal(raw, &examples); err != nil {
		t.Fatal(err)
	}
	for name, want := range examples {
		t.Run(name, func(t *testing.T) {
			opt := Options{Dir: filepath.FromSlash("../../blueprints/examples")}
			inferred, err := Infer(context.Background(), plan.Dataset{Source: want.Source}, opt)
			if err != nil {
				t.Fatal(err)
			}
			f := all(t, inferred.Dataset, opt)[0]
			var got []summary
			for i := range f.Columns {
				got = append(got, summarise(&f.Columns[i]))
			}
			if d := cmp.Diff(want.Columns, got, cmpopts.EquateApprox(1e-12, 0),
				cmpopts.EquateEmpty()); d != "" || f.Rows != want.Rows {
				t.Errorf("%d rows, want %d; columns differ (-pandas +ours):\n%s", f.Rows, want.Rows, d)
			}
		})
	}
}
