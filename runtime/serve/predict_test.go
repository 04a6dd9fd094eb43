package serve_test

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const (
	positional = `{"features": [30, 129.5, "rent", "1", true, "2024-01-31"]}`
	named      = `{"features": {"Age": 30, "Income": 129.5, "Home": "rent", "Band": "1", "Member": true, "Since": "2024-01-31"}}`
)

// frame holds the row of positional and named.
func frame() *dataset.Frame {
	number := func(name string, t plan.ColumnType, v float64) dataset.Column {
		return dataset.Column{Name: name, Type: t, Floats: []float64{v}}
	}
	category := func(name, v string) dataset.Column {
		return dataset.Column{Name: name, Type: plan.Category, Codes: []int32{0}, Dict: []string{v}}
	}
	return &dataset.Frame{Rows: 1, Columns: []dataset.Column{
		number("Age", plan.Integer, 30), number("Income", plan.Number, 129.5),
		category("Home", "rent"), category("Band", "1"),
		number("Member", plan.Boolean, 1), number("Since", plan.Timestamp, 1706659200),
	}}
}

func TestARowIsAnsweredWithWhatTheModelPredicts(t *testing.T) {
	m := loans(t)
	s := serving(t, m, serve.Config{})
	preds, err := m.Predict(frame())
	if err != nil {
		t.Fatal(err)
	}
	good := preds.Proba[0]
	want := answer{
		Prediction: m.Signature.Labels[preds.Label[0]], Probability: math.Max(good, 1-good),
		Probabilities: map[string]float64{"bad": 1 - good, "good": good}, Model: "default-risk", Version: 3,
	}
	for _, body := range []string{positional, named} {
		if diff := cmp.Diff(want, fine(t, s, body)); diff != "" {
			t.Errorf("%s\n%s", body, diff)
		}
	}
}

func TestEveryWayToWriteARowGivesTheSameAnswer(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	want := fine(t, s, positional)
	for name, body := range map[string]string{
		"keys in another order":          `{"features": {"Since": "2024-01-31", "Member": true, "Band": "1", "Home": "rent", "Income": 129.5, "Age": 30}}`,
		"white space":                    "\r\n\t{ \"features\" :\n[ 30 ,129.5, \"rent\" , \"1\",true , \"2024-01-31\" ] } \n",
		"an integer with an exponent":    `{"features": [3e1, 1295e-1, "rent", "1", true, "2024-01-31"]}`,
		"an integer with a point":        `{"features": [30.0, 129.50, "rent", "1", true, "2024-01-31"]}`,
		"escapes":                        `{"features": [30, 129.5, "\u0072ent", "1", true, "2024-01-31"]}`,
		"an escaped key":                 `{"f\u0065atures": {"\u0041ge": 30, "Income": 129.5, "Home": "rent", "Band": "1", "Member": true, "Since": "2024-01-31"}}`,
		"a number for its own text":      `{"features": [30, 129.5, "rent", 1, true, "2024-01-31"]}`,
		"1 for true":                     `{"features": [30, 129.5, "rent", "1", 1, "2024-01-31"]}`,
		"a timestamp with time and zone": `{"features": [30, 129.5, "rent", "1", true, "2024-01-31T02:00:00+02:00"]}`,
	} {
		if diff := cmp.Diff(want, fine(t, s, body)); diff != "" {
			t.Errorf("%s: %s\n%s", name, body, diff)
		}
	}
}

func TestNullAndAbsenceMeanMissing(t *testing.T) {
	m := loans(t)
	s := serving(t, m, serve.Config{})
	sc := m.NewScorer()
	sc.SetFloat(0, 30)
	sc.SetText(3, "2")
	sc.SetFloat(4, 0)
	want := sc.Score().Proba[1]
	for _, body := range []string{
		`{"features": [30, null, null, "2", false, null]}`,
		`{"features": {"Age": 30, "Income": null, "Home": null, "Band": "2", "Member": false, "Since": null}}`,
		`{"features": {"Age": 30, "Band": "2", "Member": 0}}`,
	} {
		fine(t, s, positional) // leaves nothing behind
		if got := fine(t, s, body).Probabilities["good"]; got != want {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

func TestABatchIsAnsweredRowByRow(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	rows := []string{
		`[30, 129.5, "rent", "1", true, "2024-01-31"]`, `[61, null, "é", "2", false, null]`,
		`{"Age": 44, "Band": "true", "Member": true, "Home": "tent"}`,
	}
	var want []answer
	for _, r := range rows {
		a := fine(t, s, `{"features":`+r+`}`)
		a.Model, a.Version = "", 0
		want = append(want, a)
	}
	got := fine(t, s, `{"features": [`+strings.Join(rows, ", ")+`]}`)
	if diff := cmp.Diff(answer{Predictions: want, Model: "default-risk", Version: 3}, got); diff != "" {
		t.Error(diff)
	}
	one := fine(t, s, `{"features": [`+rows[0]+`]}`)
	if len(one.Predictions) != 1 {
		t.Errorf("a batch of one row was answered with %d predictions", len(one.Predictions))
	}
}

func TestALargeBatchIsAnsweredWhole(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	row := `[30, 129.5, "rent", "1", true, "2024-01-31"]`
	body := `{"features": [` + strings.Repeat(row+",", 999) + row + `]}`
	w := predict(s, body)
	if w.Code != http.StatusOK || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
		t.Fatalf("%d, Content-Length %q for %d bytes", w.Code, w.Header().Get("Content-Length"), w.Body.Len())
	}
	if n := len(decode[answer](t, w.Body).Predictions); n != 1000 {
		t.Errorf("%d predictions for 1000 rows", n)
	}
}

func TestARegressionIsAnsweredWithANumber(t *testing.T) {
	for _, v := range []float64{0, 42.25, -1e-9, 1e22, math.MaxFloat64} {
		s := serving(t, constant(t, v), serve.Config{})
		w := predict(s, `{"features": [1]}`)
		if strings.Contains(w.Body.String(), "probab") {
			t.Errorf("a regression speaks of probabilities: %s", w.Body)
		}
		if a := decode[answer](t, w.Body); a.Prediction != v {
			t.Errorf("predicted %v, want %v", a.Prediction, v)
		}
	}
}

// seen is what an observer was told, copied.
type seen struct {
	Values []float64
	Texts  []string
	Class  string
}

type recorder struct{ rows []seen }

func (r *recorder) Observe(values []float64, texts []string, score model.Score) {
	r.rows = append(r.rows, seen{append([]float64{}, values...), append([]string{}, texts...), score.Class})
}

func TestTheObserverHearsOfEveryRowThatWasPredictedAndNoOther(t *testing.T) {
	s := serving(t, loans(t), serve.Config{})
	var rec recorder
	if err := s.Swap(&serve.Served{Model: loans(t), Version: 4, Observer: &rec}); err != nil {
		t.Fatal(err)
	}
	single := fine(t, s, positional)
	batch := fine(t, s, `{"features": [[1, null, null, "9", false, null], [2, 3, "own", "2", true, null]]}`)
	predict(s, `{"features": [[2, 3, "own", "2", true, null], [1, null, null, null, false, null]]}`)
	predict(s, `{"features": [2, 3, "own", "2", true]}`)
	nan := math.NaN()
	want := []seen{
		{[]float64{30, 129.5, 1, 0, 1, 1706659200}, []string{"", "", "rent", "1", "", ""}, single.Prediction.(string)},
		{[]float64{1, nan, nan, 3, 0, nan}, []string{"", "", "", "9", "", ""},
			batch.Predictions[0].Prediction.(string)},
		{[]float64{2, 3, 0, 1, 1, nan}, []string{"", "", "own", "2", "", ""}, batch.Predictions[1].Prediction.(string)},
	}
	sameNaN := cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })
	if diff := cmp.Diff(want, rec.rows, sameNaN); diff != "" {
		t.Error(diff)
	}
}
