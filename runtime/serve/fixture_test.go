package serve_test

import (
	"context"
	"encoding/json"
	"io"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// loans is a binary forest with an input of every kind, built by hand.
func loans(t testing.TB) *model.Model {
	t.Helper()
	m := &model.Model{
		Name: "default-risk", Task: plan.Binary, Algorithm: plan.RandomForest,
		PlanDigest: "sha256:p", DataDigest: "sha256:d",
		Signature: model.Signature{Target: "Status", Labels: []string{"bad", "good"}, Inputs: []model.Field{
			{Name: "Age", Type: plan.Integer, Min: 18, Max: 68},
			{Name: "Income", Type: plan.Number, Nullable: true, Min: 6, Max: 959},
			{Name: "Home", Type: plan.Category, Nullable: true, Categories: []string{"own", "rent", "é"}},
			{Name: "Band", Type: plan.Category, Categories: []string{"1", "2", "true"}},
			{Name: "Member", Type: plan.Boolean},
			{Name: "Since", Type: plan.Timestamp, Nullable: true},
		}},
	}
	for _, f := range m.Signature.Inputs {
		coded := f.Type == plan.Category
		e := model.FieldEncoder{Name: f.Name, Type: f.Type, OneHot: coded, Categories: f.Categories, Impute: !coded}
		if e.Impute {
			e.Fill = 40
		}
		m.Encoder.Fields = append(m.Encoder.Fields, e)
	}
	m.Ensemble = forest(rand.New(rand.NewPCG(7, 7)), 25, 5, m.Encoder.Width())
	return prepared(t, m)
}

// constant is a regression that always predicts the value.
func constant(t testing.TB, value float64) *model.Model {
	t.Helper()
	return prepared(t, &model.Model{
		Name: "constant", Task: plan.Regression, Algorithm: plan.LinearRegression,
		Signature: model.Signature{Target: "y", Inputs: []model.Field{{Name: "x", Type: plan.Number, Max: 1}}},
		Encoder:   model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number, Impute: true}}},
		Linear:    &model.Linear{Weights: [][]float64{{0}}, Intercept: []float64{value}, Link: model.Identity},
	})
}

func prepared(t testing.TB, m *model.Model) *model.Model {
	t.Helper()
	if err := m.Prepare(); err != nil {
		t.Fatal(err)
	}
	return m
}

// forest grows random complete trees whose leaves are probabilities.
func forest(r *rand.Rand, trees, depth, width int) *model.Ensemble {
	e := &model.Ensemble{Outputs: 1, Base: []float64{0}, Average: true, Link: model.Identity}
	for range trees {
		var t model.Tree
		inner := 1<<depth - 1
		for i := range 2*inner + 1 {
			feature, threshold, left, right := int32(r.IntN(width)), r.Float64()*60, int32(2*i+1), int32(2*i+2)
			if i >= inner {
				feature, threshold, left, right = -1, 0, int32(len(t.Leaf)), 0
				t.Leaf = append(t.Leaf, r.Float64())
			}
			t.Feature, t.Threshold = append(t.Feature, feature), append(t.Threshold, threshold)
			t.MissingLeft = append(t.MissingLeft, r.IntN(2) == 0)
			t.Cover = append(t.Cover, float64(int(1)<<(depth+1-bits.Len(uint(i+1)))))
			t.Left, t.Right = append(t.Left, left), append(t.Right, right)
		}
		e.Trees = append(e.Trees, t)
	}
	return e
}

// serving returns a server that serves the model as version 3.
func serving(t testing.TB, m *model.Model, cfg serve.Config) *serve.Server {
	t.Helper()
	cfg.Endpoint = "scoring"
	s, err := serve.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Swap(&serve.Served{Model: m, Version: 3, Digest: "sha256:abc"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request to the server without a network.
func ask(s *serve.Server, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// askIn asks for predictions in a context.
func askIn(ctx context.Context, s *serve.Server, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/predict", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func predict(s *serve.Server, body string) *httptest.ResponseRecorder {
	return ask(s, http.MethodPost, "/predict", body)
}

// answer is what a prediction's answer holds.
type answer struct {
	Prediction    any                `json:"prediction"`
	Probability   float64            `json:"probability"`
	Probabilities map[string]float64 `json:"probabilities"`
	Predictions   []answer           `json:"predictions"`
	Model         string             `json:"model"`
	Version       int                `json:"version"`
	Explanation   *explanation       `json:"explanation"`
}

// explanation is what an answer says of a row where it is asked to explain.
type explanation struct {
	Of            string             `json:"of"`
	Link          string             `json:"link"`
	Base          float64            `json:"base"`
	Margin        float64            `json:"margin"`
	Contributions map[string]float64 `json:"contributions"`
	Reasons       []struct {
		Feature      string  `json:"feature"`
		Description  string  `json:"description"`
		Contribution float64 `json:"contribution"`
	} `json:"reasons"`
}

func decode[T any](t testing.TB, r io.Reader) T {
	t.Helper()
	var v T
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("the answer is not what is documented: %v", err)
	}
	return v
}

// fine answers a body that must be accepted.
func fine(t testing.TB, s *serve.Server, body string) answer {
	t.Helper()
	w := predict(s, body)
	if w.Code != http.StatusOK {
		t.Fatalf("%s\nwas answered %d: %s", body, w.Code, w.Body)
	}
	return decode[answer](t, w.Body)
}
