package train_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// table reads one of the examples' tables; columns that hold numbers only are
// numbers, "" and NA are missing.
func table(t testing.TB, name string) *dataset.Frame {
	t.Helper()
	found, err := filepath.Glob("../../blueprints/examples/*/data/" + name)
	if err != nil || len(found) != 1 {
		t.Skipf("example table %s: found %v (%v)", name, found, err)
	}
	file, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	f := &dataset.Frame{Rows: len(rows) - 1}
	for j, column := range rows[0] {
		values := make([]string, 0, f.Rows)
		for _, r := range rows[1:] {
			values = append(values, r[j])
		}
		f.Columns = append(f.Columns, parse(column, values))
	}
	return f
}

func parse(name string, values []string) dataset.Column {
	number := dataset.Column{Name: name, Type: plan.Number}
	for _, v := range values {
		x, err := strconv.ParseFloat(v, 64)
		if v == "" || v == "NA" {
			x, err = math.NaN(), nil
		}
		if err != nil {
			return category(name, values...)
		}
		number.Floats = append(number.Floats, x)
	}
	return number
}

// category makes a category column; "" and NA are missing.
func category(name string, values ...string) dataset.Column {
	c := dataset.Column{Name: name, Type: plan.Category}
	for _, v := range values {
		if v == "" || v == "NA" {
			c.Codes = append(c.Codes, dataset.MissingCode)
			continue
		}
		at := slices.Index(c.Dict, v)
		if at < 0 {
			at = len(c.Dict)
			c.Dict = append(c.Dict, v)
		}
		c.Codes = append(c.Codes, int32(at))
	}
	return c
}

func numbers(name string, values ...float64) dataset.Column {
	return dataset.Column{Name: name, Type: plan.Number, Floats: values}
}

func frameOf(columns ...dataset.Column) *dataset.Frame {
	return &dataset.Frame{Rows: columns[0].Len(), Columns: columns}
}

// spec describes a model of the frame's target with every other column as a feature.
func spec(f *dataset.Frame, task plan.Task, target, positive, algorithm string) train.Spec {
	s := train.Spec{Name: "m", Seed: 42, PlanDigest: "sha256:p", DataDigest: "sha256:d"}
	s.Model = plan.Model{
		Target: target, Task: task, Positive: positive, Algorithm: algorithm,
		Preprocessing: plan.Preprocessing{Numeric: "median", Categorical: "one_hot"},
		Split:         plan.Split{TestSize: 0.25, Stratified: task != plan.Regression},
	}
	s.Dataset.Columns = make(map[string]plan.Column)
	for _, c := range f.Columns {
		s.Dataset.Columns[c.Name] = plan.Column{Type: c.Type, Nullable: true}
		if c.Name != target {
			s.Model.Features = append(s.Model.Features, c.Name)
		}
	}
	slices.Sort(s.Model.Features)
	return s
}

func credit(t testing.TB, algorithm string) (*dataset.Frame, train.Spec) {
	f := table(t, "credit_data.csv")
	return f, spec(f, plan.Binary, "Status", "bad", algorithm)
}
