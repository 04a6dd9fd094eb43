package oip

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const (
	ourModel   = "default risk/ü"
	ourRequest = `{"inputs": [
		{"name": "Age", "shape": [2], "datatype": "INT32", "data": [30, 50]},
		{"name": "Income", "shape": [2], "datatype": "FP64", "data": [12.5, 0.1]},
		{"name": "Home", "shape": [2], "datatype": "BYTES", "data": ["rent", "castle"]},
		{"name": "Member", "shape": [2], "datatype": "BOOL", "data": [true, false]}]}`
)

// handler answers as our server does that has one address.
func handler(t *testing.T) http.Handler {
	t.Helper()
	return server(t).Handler()
}

// server is our server with a forest that is made by hand.
func server(t *testing.T) *serve.Server {
	t.Helper()
	m := &model.Model{Name: ourModel, Task: plan.Binary, Algorithm: plan.RandomForest,
		Signature: model.Signature{Target: "Status", Labels: []string{"bad", "good"}, Inputs: []model.Field{
			{Name: "Age", Type: plan.Integer}, {Name: "Income", Type: plan.Number},
			{Name: "Home", Type: plan.Category}, {Name: "Member", Type: plan.Boolean}}}}
	for _, f := range m.Signature.Inputs {
		e := model.FieldEncoder{Name: f.Name, Type: f.Type, Impute: f.Type != plan.Category}
		if f.Type == plan.Category {
			e.OneHot, e.Categories = true, []string{"own", "rent"}
		}
		m.Encoder.Fields = append(m.Encoder.Fields, e)
	}
	r := rand.New(rand.NewPCG(1, 2))
	e := &model.Ensemble{Outputs: 1, Base: []float64{0}, Average: true, Link: model.Identity}
	for i := range 6 {
		column, threshold := int32(i), 0.5
		if i == 0 {
			threshold = 40
		}
		e.Trees = append(e.Trees, model.Tree{Feature: []int32{column, -1, -1}, Threshold: []float64{threshold, 0, 0},
			MissingLeft: make([]bool, 3), Left: []int32{1, 0, 1}, Right: []int32{2, 0, 0},
			Leaf: []float64{r.Float64(), r.Float64()}})
	}
	m.Ensemble = e
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(&serve.Served{Model: m, Version: 3}); err != nil {
		t.Fatal(err)
	}
	return s
}

// ours starts our server and returns its address.
func ours(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(handler(t))
	t.Cleanup(web.Close)
	return web.URL
}

func TestRequestsAreMadeUpFromTheMetadata(t *testing.T) {
	wrong, made := findings(t.Context(), ours(t), "", nil)
	if len(wrong) > 0 || len(made) != len(suite()) {
		t.Errorf("%d checks: %v", len(made), wrong)
	}
}
