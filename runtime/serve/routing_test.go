package serve_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// oneX is a request of the model that constant makes.
const oneX = `{"features": {"x": 1}}`

// loaded makes a version ready whose every prediction is its number.
func loaded(t testing.TB, s *serve.Server, version int) *serve.Loaded {
	t.Helper()
	return load(t, s, version, constant(t, float64(version)))
}

func load(t testing.TB, s *serve.Server, version int, m *model.Model) *serve.Loaded {
	t.Helper()
	l, err := s.Load(serve.Served{Model: m, Version: version, Digest: fmt.Sprint("sha256:", version)})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func route(t testing.TB, s *serve.Server, r serve.Routing) {
	t.Helper()
	if err := s.Route(r); err != nil {
		t.Fatal(err)
	}
}

func newServer(t testing.TB) *serve.Server {
	t.Helper()
	s, err := serve.New(serve.Config{Endpoint: "scoring"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTrafficIsDividedAsTheWeightsSay(t *testing.T) {
	s := newServer(t)
	old, next := loaded(t, s, 1), loaded(t, s, 2)
	for _, percent := range []float64{0, 10, 50, 100} {
		var was, is serve.Tally
		route(t, s, serve.Routing{Main: old, Tally: &was,
			Beside: []serve.Arm{{Loaded: next, Percent: percent, Tally: &is}}})
		const n = 20_000
		by := map[int]int{}
		for range n {
			a := fine(t, s, oneX)
			if a.Prediction != float64(a.Version) {
				t.Fatalf("version %d is said to have answered %v", a.Version, a.Prediction)
			}
			by[a.Version]++
		}
		if got := 100 * float64(by[2]) / n; math.Abs(got-percent) > 2 {
			t.Errorf("%.1f %% went to the new version, want %g", got, percent)
		}
		if was.Counts().Requests != int64(by[1]) || is.Counts().Requests != int64(by[2]) {
			t.Errorf("tallies of %d and %d requests, answers of %v", was.Counts().Requests, is.Counts().Requests, by)
		}
		if got := scrape(t, s)[fmt.Sprintf(
			`model_traffic_percent{endpoint="scoring",model="constant",version="2"}`)]; got != fmt.Sprint(percent) {
			t.Errorf("the metric says %q %%, want %g", got, percent)
		}
	}
}

// Run with -race: requests go on while versions are loaded, weighted, taken back
// and promoted.
func TestVersionsMoveUnderLoadWithoutAFailure(t *testing.T) {
	s := newServer(t)
	route(t, s, serve.Routing{Main: loaded(t, s, 1)})
	var failed, asked atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if w := predict(s, oneX); w.Code != http.StatusOK {
					failed.Add(1)
					t.Errorf("%d: %s", w.Code, w.Body)
				}
			}
		})
	}
	for round := range 40 {
		old, next := loaded(t, s, 2*round+1), loaded(t, s, 2*round+2)
		c := serve.NewComparer(serve.CompareConfig{})
		var was, is serve.Tally
		for _, percent := range []float64{10, 50, 100, 0} {
			route(t, s, serve.Routing{Main: old, Tally: &was, Compare: c,
				Beside: []serve.Arm{{Loaded: next, Percent: percent, Tally: &is}}})
			for asked.Store(0); asked.Load() < 25; {
				if t.Failed() {
					break
				}
			}
		}
		route(t, s, serve.Routing{Main: next})
		c.Close()
	}
	close(stop)
	clients.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d requests failed", failed.Load())
	}
}

// demanding is constant with an input more, which requests must hold.
func demanding(t testing.TB, value float64) *model.Model {
	m := constant(t, value)
	m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: "z", Type: plan.Number, Max: 1})
	return prepared(t, &model.Model{Name: m.Name, Task: m.Task, Algorithm: m.Algorithm, Signature: m.Signature,
		Encoder: model.Encoder{Fields: []model.FieldEncoder{{Name: "x", Type: plan.Number, Impute: true},
			{Name: "z", Type: plan.Number, Impute: true}}},
		Linear: &model.Linear{Weights: [][]float64{{0, 0}}, Intercept: []float64{value}, Link: model.Identity}})
}

func TestARequestThatANewVersionRefusesIsAnsweredByTheOneBefore(t *testing.T) {
	s := newServer(t)
	var was, is serve.Tally
	route(t, s, serve.Routing{Main: loaded(t, s, 1), Tally: &was,
		Beside: []serve.Arm{{Loaded: load(t, s, 2, demanding(t, 2)), Percent: 100, Tally: &is}}})
	for _, path := range []string{"/predict", "/v1/models/constant:predict", "/v2/models/constant/infer"} {
		body := map[string]string{"/predict": oneX, "/v1/models/constant:predict": `{"instances": [{"x": 1}]}`,
			"/v2/models/constant/infer": `{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [1]}]}`}[path]
		if w := ask(s, http.MethodPost, path, body); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if c := is.Counts(); c.Requests != 3 || c.Failed != 3 || was.Counts().Requests != 0 {
		t.Errorf("the new version has %+v, the one before %+v", c, was.Counts())
	}
	// What neither takes is the client's own mistake.
	if w := predict(s, `{"features": {"y": 1}}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if c := is.Counts(); c.Failed != 3 {
		t.Errorf("a request that is wrong counts as an error of the version: %+v", c)
	}
	if got := scrape(t, s)[`model_release_fallbacks_total{endpoint="scoring",model="constant",version="2"}`]; got != "3" {
		t.Errorf("%q fallbacks are counted, want 3", got)
	}
	// And what the new version takes it answers.
	if a := fine(t, s, `{"features": {"x": 1, "z": 1}}`); a.Version != 2 {
		t.Errorf("version %d answers", a.Version)
	}
}

// startled panics at each row.
type startled struct{}

func (startled) Observe([]float64, []string, model.Score) { panic("startled") }

func TestAVersionThatPanicsCostsNobodyAnAnswer(t *testing.T) {
	s := newServer(t)
	bad, err := s.Load(serve.Served{Model: constant(t, 2), Version: 2, Digest: "sha256:2", Observer: startled{}})
	if err != nil {
		t.Fatal(err)
	}
	var is serve.Tally
	route(t, s, serve.Routing{Main: loaded(t, s, 1), Beside: []serve.Arm{{Loaded: bad, Percent: 100, Tally: &is}}})
	if a := fine(t, s, oneX); a.Version != 1 {
		t.Errorf("version %d answers", a.Version)
	}
	if c := is.Counts(); c.Failed != 1 {
		t.Errorf("%+v", c)
	}
}

func TestAVersionThatIsNamedAnswers(t *testing.T) {
	s := newServer(t)
	var was, is serve.Tally
	route(t, s, serve.Routing{Main: loaded(t, s, 1), Tally: &was,
		Beside: []serve.Arm{{Loaded: loaded(t, s, 2), Percent: 50, Tally: &is}}})
	body := `{"inputs": [{"name": "x", "datatype": "FP64", "shape": [1], "data": [1]}]}`
	for range 20 {
		for version, status := range map[string]int{"1": 200, "2": 200, "3": 404} {
			w := ask(s, http.MethodPost, "/v2/models/constant/versions/"+version+"/infer", body)
			if w.Code != status || status == 200 && !strings.Contains(w.Body.String(), `"model_version":"`+version+`"`) {
				t.Fatalf("version %s: %d %s", version, w.Code, w.Body)
			}
		}
	}
	if a, b := was.Counts().Requests, is.Counts().Requests; a+b != 0 {
		t.Errorf("%d and %d requests count that were not assigned", a, b)
	}
}

func TestAPreviewAnswersBesideTheTraffic(t *testing.T) {
	s := newServer(t)
	old, next := loaded(t, s, 1), loaded(t, s, 2)
	route(t, s, serve.Routing{Main: old})
	const path = "/preview/predict"
	if w := ask(s, http.MethodPost, path, oneX); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(),
		"no_preview") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var is serve.Tally
	c := serve.NewComparer(serve.CompareConfig{})
	defer c.Close()
	route(t, s, serve.Routing{Main: old, Preview: &serve.Arm{Loaded: next, Tally: &is}, Compare: c})
	for range 10 {
		if a := fine(t, s, oneX); a.Version != 1 {
			t.Fatalf("version %d has traffic", a.Version)
		}
		w := ask(s, http.MethodPost, path, oneX)
		if a := decode[answer](t, w.Body); w.Code != http.StatusOK || a.Version != 2 {
			t.Fatalf("%d, version %d", w.Code, a.Version)
		}
	}
	eventually(t, func() bool { return is.Counts().Compared == 10 })
	if got := is.Counts(); got.Requests != 10 || got.Agreed != 0 {
		t.Errorf("%+v", got)
	}
	for name, value := range ours(scrape(t, s)) {
		if strings.Contains(name, "predictions_total") && strings.Contains(name, `version="2"`) && value != "0" {
			t.Errorf("%s is %s: a preview's requests are no traffic", name, value)
		}
	}
}

func TestARoutingThatIsNoneChangesNothing(t *testing.T) {
	s := newServer(t)
	route(t, s, serve.Routing{Main: loaded(t, s, 1)})
	for name, r := range map[string]serve.Routing{
		"beside nothing": {Beside: []serve.Arm{{Loaded: loaded(t, s, 2), Percent: 1, Tally: &serve.Tally{}}}},
		"too much": {Main: loaded(t, s, 1), Beside: []serve.Arm{
			{Loaded: loaded(t, s, 2), Percent: 60, Tally: &serve.Tally{}},
			{Loaded: loaded(t, s, 3), Percent: 60, Tally: &serve.Tally{}}}},
		"no tally": {Main: loaded(t, s, 1), Beside: []serve.Arm{{Loaded: loaded(t, s, 2), Percent: 1}}},
	} {
		if err := s.Route(r); err == nil {
			t.Errorf("%s: taken", name)
		}
		if a := fine(t, s, oneX); a.Version != 1 {
			t.Errorf("%s: version %d", name, a.Version)
		}
	}
}
