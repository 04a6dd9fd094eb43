package serve_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// heard keeps what the last row was taken for.
type heard struct {
	values []float64
	texts  []string
}

func (s *heard) Observe(values []float64, texts []string, _ model.Score) {
	s.values, s.texts = slices.Clone(values), slices.Clone(texts)
}

// taker is a model of one input, which may be missing.
func taker(t *testing.T, kind plan.ColumnType, nulls []string) *model.Model {
	in := model.Field{Name: "v", Type: kind, Nullable: true, NullValue: nulls}
	enc := model.FieldEncoder{Name: "v", Type: kind, Impute: true}
	if kind == plan.Category {
		enc = model.FieldEncoder{Name: "v", Type: kind, OneHot: true, Categories: []string{"37E4", "a"}}
		in.Categories = enc.Categories
	}
	weights := make([]float64, (&model.Encoder{Fields: []model.FieldEncoder{enc}}).Width())
	return prepared(t, &model.Model{
		Name: "taker", Task: plan.Regression, Algorithm: plan.LinearRegression,
		Signature: model.Signature{Target: "y", Inputs: []model.Field{in}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{enc}},
		Linear:    &model.Linear{Weights: [][]float64{weights}, Intercept: []float64{1}, Link: model.Identity},
	})
}

func jsonOf(kind plan.ColumnType, text string) string {
	_, notNumber := strconv.ParseFloat(text, 64)
	plain := notNumber == nil && strings.Trim(text, "0123456789.-eE") == "" && !strings.HasPrefix(text, "00")
	if kind.Numeric() && plain || kind == plan.Boolean &&
		(text == "true" || text == "false" || text == "0" || text == "1") {
		return text
	}
	return strconv.Quote(text)
}

// The same text is missing, or the same value, in a file, in what is written for
// a stage and read back, and in a request.
func TestARequestTakesAValueForWhatAFileTakesItFor(t *testing.T) {
	for _, nulls := range [][]string{nil, {}, {"", "-999"}, {"a", "0", "NA"},
		{"1900-01-01", "9007199254740993", "true"}} {
		for kind, values := range map[plan.ColumnType][]string{
			plan.Number: {"", "NA", "-999", "-999.0", "-9.99e2", "0", "0.5", "1e300", "9007199254740993",
				"12345678901234567168", "NaN", "null"},
			plan.Integer: {"", "NA", "-999", "-999.0", "0", "12345678", "9007199254740993", "18446744073709551615",
				"18446744073709551616", "1.5"},
			plan.Boolean:   {"", "NA", "true", "false", "0", "1"},
			plan.Timestamp: {"", "NA", "1900-01-01", "1900-01-01 00:00:00+00", "2024-03-01 12:00:00+00", "31/12/2024"},
			plan.Category:  {"", "NA", "a", "a ", "37E4", "0", "-999", "null", "new"},
		} {
			w := &heard{}
			s := serving(t, taker(t, kind, nulls), serve.Config{})
			if err := s.Swap(&serve.Served{Model: taker(t, kind, nulls), Version: 1, Observer: w}); err != nil {
				t.Fatal(err)
			}
			ds := plan.Dataset{Source: "t.csv", Format: "csv", CSV: plan.CSVOptions{NullValue: nulls},
				Columns: map[string]plan.Column{"v": {Type: kind, Nullable: true}}}
			for _, text := range values {
				where := fmt.Sprintf("%s %q with null_value %q", kind, text, nulls)
				f, err := reading(t, ds, "v\n\""+text+"\"\n")
				w.values = nil
				answer := predict(s, `{"features": [`+jsonOf(kind, text)+`]}`)
				if (err == nil) != (answer.Code == 200) {
					t.Errorf("%s: the file says %v, the request %d %s", where, err, answer.Code, answer.Body)
				}
				if err != nil || w.values == nil {
					continue
				}
				c := f.Column("v")
				switch missing := math.IsNaN(w.values[0]); {
				case missing != c.Missing(0):
					t.Errorf("%s: missing in the file: %v, in the request: %v", where, c.Missing(0), missing)
				case !missing && c.Coded() && w.texts[0] != c.Value(0), !missing && !c.Coded() &&
					w.values[0] != c.Floats[0]:
					t.Errorf("%s: %s in the file, %v %q in the request", where, c.Value(0), w.values[0], w.texts[0])
				}
				var b bytes.Buffer
				if err := dataset.WriteCSV(&b, f, ds); err != nil {
					t.Fatal(err)
				}
				again, err := reading(t, dataset.AsWritten(f, ds), b.String())
				if err != nil || again.Column("v").Missing(0) != c.Missing(0) ||
					again.Column("v").Value(0) != c.Value(0) {
					t.Errorf("%s: written as %q it reads back otherwise (%v)", where, b.String(), err)
				}
			}
		}
	}
}

func reading(t *testing.T, ds plan.Dataset, text string) (*dataset.Frame, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dataset.ReadAll(t.Context(), ds, dataset.Options{Dir: dir})
}
