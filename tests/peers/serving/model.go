package main

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/forest"
)

// protocols are the requests of one row, and how a handler decodes them with
// encoding/json into structs of its own.
var protocols = []struct {
	name, path, body string
	decodes          func(io.Reader) bool
}{
	{"predict", "/predict", `{"features": [30, 129.5, "rent", "1", true, "2024-01-31"]}`, func(r io.Reader) bool {
		var asked struct {
			Features []any `json:"features"`
		}
		return json.NewDecoder(r).Decode(&asked) == nil && len(asked.Features) > 0
	}},
	{"v2", "/v2/models/default-risk/infer", `{"inputs":[` + strings.Join([]string{
		`{"name":"Age","datatype":"INT64","shape":[1],"data":[30]}`,
		`{"name":"Income","datatype":"FP64","shape":[1],"data":[129.5]}`,
		`{"name":"Home","datatype":"BYTES","shape":[1],"data":["rent"]}`,
		`{"name":"Band","datatype":"BYTES","shape":[1],"data":["1"]}`,
		`{"name":"Member","datatype":"BOOL","shape":[1],"data":[true]}`,
		`{"name":"Since","datatype":"BYTES","shape":[1],"data":["2024-01-31"]}`}, ",") + `]}`,
		func(r io.Reader) bool {
			var asked struct {
				Inputs []struct {
					Name     string `json:"name"`
					Datatype string `json:"datatype"`
					Shape    []int  `json:"shape"`
					Data     []any  `json:"data"`
				} `json:"inputs"`
			}
			return json.NewDecoder(r).Decode(&asked) == nil && len(asked.Inputs) > 0
		}},
}

// fit is a forest with an input of every kind, grown on generated rows.
func fit(ctx context.Context) (*model.Model, error) {
	m := &model.Model{Name: "default-risk", Task: plan.Binary, Algorithm: plan.RandomForest, Params: plan.Params{},
		Signature: model.Signature{Target: "Status", Labels: []string{"bad", "good"}, Inputs: []model.Field{
			{Name: "Age", Type: plan.Integer, Min: 18, Max: 68},
			{Name: "Income", Type: plan.Number, Nullable: true, Min: 6, Max: 959},
			{Name: "Home", Type: plan.Category, Nullable: true, Categories: []string{"own", "rent"}},
			{Name: "Band", Type: plan.Category, Categories: []string{"1", "2"}},
			{Name: "Member", Type: plan.Boolean},
			{Name: "Since", Type: plan.Timestamp, Nullable: true},
		}}}
	for _, f := range m.Signature.Inputs {
		coded := f.Type == plan.Category
		m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: f.Name, Type: f.Type, OneHot: coded,
			Categories: f.Categories, Impute: !coded, Fill: 0})
	}
	const rows = 20_000
	r, x, y := rand.New(rand.NewPCG(1, 1)), &model.Matrix{Rows: rows}, make([]float64, rows)
	for range m.Encoder.Width() {
		column := make([]float64, rows)
		for i := range column {
			column[i] = 60 * r.Float64()
		}
		x.Columns = append(x.Columns, column)
	}
	for i := range y {
		if x.Columns[0][i]*x.Columns[1][i]+100*x.Columns[2][i]*r.NormFloat64() > 900 {
			y[i] = 1
		}
	}
	var err error
	m.Ensemble, err = forest.Fit(ctx, x, y, forest.Options{Task: plan.Binary, Classes: 2,
		Params: plan.Params{"n_estimators": 100.0, "max_depth": 10.0}})
	if err != nil {
		return nil, err
	}
	return m, m.Prepare()
}
