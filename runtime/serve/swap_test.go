package serve_test

import (
	"encoding/json"
	"fmt"
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

// relay swaps versions in and asks them, and counts the rows answered.
type relay struct {
	*serve.Server
	tallies  []*tally
	answered atomic.Int64
}

// put puts version n, which always predicts n, behind the endpoint.
func (r *relay) put(t *testing.T, n int) {
	o := &tally{version: float64(n)}
	r.tallies = append(r.tallies, o)
	if err := r.Swap(&serve.Served{Model: constant(t, float64(n)), Version: n, Observer: o}); err != nil {
		t.Error(err)
	}
}

// ask asks for one prediction, or for a batch, and returns the version that
// answered. All of an answer must be of the version that it names.
func (r *relay) ask(t *testing.T, web *httptest.Server, rows int) int {
	body := `{"features": [1]}`
	if rows > 1 {
		body = `{"features": [` + strings.Repeat("[1],", rows-1) + `[2]]}`
	}
	got, err := web.Client().Post(web.URL+"/predict", "application/json", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	defer got.Body.Close()
	var a answer
	if err := json.NewDecoder(got.Body).Decode(&a); err != nil || got.StatusCode != http.StatusOK {
		t.Errorf("answered %d while versions were swapped (%v)", got.StatusCode, err)
		return 0
	}
	if rows == 1 {
		a.Predictions = []answer{{Prediction: a.Prediction}}
	}
	for _, p := range a.Predictions {
		if p.Prediction != float64(a.Version) {
			t.Errorf("version %d predicted %v", a.Version, p.Prediction)
		}
	}
	if len(a.Predictions) != rows {
		t.Errorf("%d of %d rows were answered", len(a.Predictions), rows)
	}
	r.answered.Add(int64(rows))
	return a.Version
}

// TestSwapsUnderLoadFailAndMixNothing has version n always predict n, so every
// answer shows which model it came from.
func TestSwapsUnderLoadFailAndMixNothing(t *testing.T) {
	const swaps, clients = 300, 8
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Server: s}
	r.put(t, 1)
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	var group sync.WaitGroup
	stop := make(chan struct{})
	for c := range clients {
		group.Go(func() {
			newest := 0
			for n := c; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				version := r.ask(t, web, 1+n%2*40)
				if version < newest {
					t.Errorf("version %d answered after %d", version, newest)
				}
				newest = version
			}
		})
	}
	for n := 2; n <= swaps; n++ {
		r.put(t, n)
		if n%3 != 0 {
			continue
		}
		if version := r.ask(t, web, 1); version != n {
			t.Errorf("version %d answers once version %d is swapped in", version, n)
		}
	}
	close(stop)
	group.Wait()
	r.balance(t)
}

// balance checks that what was answered and observed is the same, and what was counted of
// each version that is not long gone.
func (r *relay) balance(t *testing.T) {
	observed, compared := int64(0), 0
	counts := scrape(t, r.Server)
	for _, o := range r.tallies {
		rows := o.rows.Load()
		observed += rows
		if n := o.others.Load(); n > 0 {
			t.Errorf("the observer of version %v was told of %d rows of others", o.version, n)
		}
		text, shown := counts[fmt.Sprintf(`model_predictions_total{endpoint="scoring",model="constant",version="%g"}`,
			o.version)]
		if !shown {
			continue
		}
		compared++
		if counted, err := strconv.ParseFloat(text, 64); err != nil || counted != float64(rows) {
			t.Errorf("version %g: %d rows were observed, %s counted (%v)", o.version, rows, text, err)
		}
	}
	if observed != r.answered.Load() || observed < 100 || compared != 64 {
		t.Errorf("%d rows were answered, %d observed; %d versions are counted", r.answered.Load(), observed, compared)
	}
}
