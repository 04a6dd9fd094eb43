package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

const numbers = 28

type mode struct{ name, says string }

func modes() []mode {
	return []mode{
		{"plain", "three expectations"},
		{"profile", "with a profile of every column"},
		{"exact", "with unique, median and quantiles"},
	}
}

// side is our process: it validates the file and prints a verdict.
func side(ctx context.Context, args []string, out io.Writer) (err error) {
	began := time.Now()
	if len(args) != 3 {
		return errors.New("want FILE ROWS MODE")
	}
	rows, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	ds := table(args[0], float64(rows), args[2])
	reader, err := dataset.Open(ctx, ds, dataset.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	report, err := validate.Run(ctx, reader, ds, validate.Options{Profile: args[2] == "profile"})
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(verdict{Holds: report.Success, Seconds: time.Since(began).Seconds()})
}

// table is the file as a blueprint would declare it.
func table(file string, rows float64, mode string) plan.Dataset {
	ds := plan.Dataset{Source: file, Columns: map[string]plan.Column{"label": {Type: plan.Category}}}
	for c := range numbers {
		ds.Columns[column(c)] = plan.Column{Type: plan.Number}
	}
	ds.Expect = []plan.Expectation{
		{Expectation: "table_row_count_to_equal", Kwargs: map[string]any{"value": rows}},
		{Expectation: "column_values_to_not_be_null", Column: "label"},
		{Expectation: "column_values_to_be_between", Column: column(0),
			Kwargs: map[string]any{"min_value": 0.0, "max_value": 1000.0}},
	}
	if mode == "exact" {
		ranges := map[string]any{"quantiles": []any{0.1, 0.5, 0.9},
			"value_ranges": []any{[]any{-100.0, 100.0}, []any{-100.0, 100.0}, []any{-100.0, 100.0}}}
		ds.Expect = append(ds.Expect,
			plan.Expectation{Expectation: "column_values_to_be_unique", Column: column(2),
				Kwargs: map[string]any{"mostly": 0.001}},
			plan.Expectation{Expectation: "column_median_to_be_between", Column: column(1),
				Kwargs: map[string]any{"max_value": 1.0}},
			plan.Expectation{Expectation: "column_quantile_values_to_be_between", Column: column(3),
				Kwargs: map[string]any{"quantile_ranges": ranges}})
	}
	return ds
}

func column(c int) string { return fmt.Sprintf("x%02d", c) }

// generate writes numbers of five decimals: skewed, even and normal ones in
// turns, and a label.
func generate(file string, rows int) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for c := range numbers {
		fmt.Fprintf(w, "%s,", column(c))
	}
	fmt.Fprintln(w, "label")
	random := rand.New(rand.NewPCG(1, 0))
	labels := []string{"good", "bad"}
	var b []byte
	for range rows {
		b = b[:0]
		for c := range numbers {
			v := random.NormFloat64()
			switch c % 3 {
			case 0:
				v = math.Exp(v / 2)
			case 1:
				v = random.Float64()*2*math.Pi - math.Pi
			}
			b = append(strconv.AppendFloat(b, v, 'f', 5, 64), ',')
		}
		b = append(append(b, labels[random.IntN(2)]...), '\n')
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return w.Flush()
}
