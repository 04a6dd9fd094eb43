package serve_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// tally counts the rows that one version was observed to predict, and those
// that another did.
type tally struct {
	version      float64
	rows, others atomic.Int64
}

func (o *tally) Observe(_ []float64, _ []string, score model.Score) {
	if o.rows.Add(1); score.Value != o.version {
		o.others.Add(1)
	}
}

// TestSwapsUnderLoadFailAndMixNothing has version n always predict n, so every
// answer shows which model it came from.
func TestSwapsUnderLoadFailAndMixNothing(t *testing.T) {
	const swaps, clients = 300, 8
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	var tallies []*tally
	put := func(n int) {
		o := &tally{version: float64(n)}
		tallies = append(tallies, o)
		if err := s.Swap(&serve.Served{Model: constant(t, float64(n)), Version: n, Observer: o}); err != nil {
			t.Error(err)
		}
	}
	put(1)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	var group sync.WaitGroup
	var answered atomic.Int64
	stop := make(chan struct{})
	batch := `{"features": [` + strings.Repeat("[1],", 40) + `[2]]}`
	for c := range clients {
		group.Go(func() {
			newest := 0
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				body, rows := `{"features": [1]}`, 1
				if (n+c)%2 == 0 {
					body, rows = batch, 41
				}
				r, err := web.Client().Post(web.URL+"/predict", "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				if r.StatusCode != http.StatusOK {
					t.Errorf("answered %d while versions were swapped", r.StatusCode)
				}
				a := decode[answer](t, r.Body)
				r.Body.Close()
				if rows == 1 {
					a.Predictions = []answer{{Prediction: a.Prediction}}
				}
				for _, p := range a.Predictions {
					if p.Prediction != float64(a.Version) {
						t.Errorf("version %d predicted %v", a.Version, p.Prediction)
					}
				}
				if a.Version < newest || len(a.Predictions) != rows {
					t.Errorf("version %d after %d, %d rows of %d", a.Version, newest, len(a.Predictions), rows)
				}
				newest = a.Version
				answered.Add(int64(rows))
			}
		})
	}
	for n := 2; n <= swaps; n++ {
		put(n)
		if n%3 == 0 {
			if a := fine(t, s, `{"features": [1]}`); a.Version != n {
				t.Errorf("version %d answers once version %d is swapped in", a.Version, n)
			}
			answered.Add(1)
		}
	}
	close(stop)
	group.Wait()
	observed, counted := int64(0), 0.0
	for _, o := range tallies {
		observed += o.rows.Load()
		if n := o.others.Load(); n > 0 {
			t.Errorf("the observer of version %v was told of %d rows of others", o.version, n)
		}
	}
	for name, v := range scrape(t, s) {
		if strings.HasPrefix(name, "model_predictions_total") {
			n, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			counted += n
		}
	}
	if observed != answered.Load() || counted != float64(observed) || observed < swaps {
		t.Errorf("%d rows were answered, %d observed, %v counted", answered.Load(), observed, counted)
	}
}
