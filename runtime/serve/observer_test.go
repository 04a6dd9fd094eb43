package serve_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// notebook is an observer that copies every score.
type notebook struct{ scores []model.Score }

func (n *notebook) Observe(_ []float64, _ []string, score model.Score) {
	score.Proba = slices.Clone(score.Proba)
	n.scores = append(n.scores, score)
}

func watchedBy(t *testing.T, m *model.Model) (*serve.Server, *notebook) {
	t.Helper()
	s, n := serving(t, m, serve.Config{}), &notebook{}
	if err := s.Swap(&serve.Served{Model: m, Version: 4, Observer: n}); err != nil {
		t.Fatal(err)
	}
	return s, n
}

func TestABatchIsObservedWholeOrNotAtAll(t *testing.T) {
	m := constant(t, 1)
	m.Linear.Weights[0][0] = 1e308
	s, n := watchedBy(t, prepared(t, m))
	refused(t, predict(s, `{"features": [[0], [0], [1e300]]}`), http.StatusUnprocessableEntity)
	refused(t, predict(s, `{"features": [1e300]}`), http.StatusUnprocessableEntity)
	if len(n.scores) > 0 || scrape(t, s)[`model_predictions_total{endpoint="scoring",model="constant",version="4"}`] != "0" {
		t.Errorf("%d rows of a batch that was refused were observed", len(n.scores))
	}
	fine(t, s, `{"features": [[0], [0], [0]]}`)
	if len(n.scores) != 3 || n.scores[2].Value != 1 {
		t.Errorf("%+v, want three rows", n.scores)
	}
}

func TestTheObserverIsToldTheScoresThatAreAnswered(t *testing.T) {
	m := loans(t)
	s, n := watchedBy(t, m)
	a := fine(t, s, `{"features": [[1, null, null, "9", false, null], [61, 3, "own", "2", true, null], {"Age": 44, "Band": "1", "Member": true}]}`)
	one := fine(t, s, positional)
	want := append(a.Predictions, one)
	if len(n.scores) != len(want) {
		t.Fatalf("%d scores, want %d", len(n.scores), len(want))
	}
	for i, score := range n.scores {
		labels := m.Signature.Labels
		got := answer{Prediction: score.Class, Probability: score.Proba[score.Label],
			Probabilities: map[string]float64{labels[0]: score.Proba[0], labels[1]: score.Proba[1]}}
		want[i].Model, want[i].Version = "", 0
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("row %d\n%s", i, diff)
		}
	}
	if a.Predictions[0].Probability == a.Predictions[1].Probability {
		t.Error("the rows score alike, so the test proves little")
	}
}
