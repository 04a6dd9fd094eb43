package serve_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// eventually waits for what happens behind the answers.
func eventually(t testing.TB, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it has not happened")
		}
	}
}

// counting is an Observer that counts rows.
type counting struct{ rows atomic.Int64 }

func (c *counting) Observe([]float64, []string, model.Score) { c.rows.Add(1) }

// swapped is loans with its labels the wrong way round.
func swapped(t testing.TB) *model.Model {
	m := loans(t)
	slices.Reverse(m.Signature.Labels)
	return prepared(t, m)
}

func TestAShadowIsComparedRowByRow(t *testing.T) {
	for name, c := range map[string]struct {
		challenger *model.Model
		agreed     int64
	}{"the same model": {loans(t), 12}, "labels the wrong way round": {swapped(t), 0}} {
		s := newServer(t)
		var seen counting
		shadow, err := s.Load(serve.Served{Model: c.challenger, Version: 2, Digest: "sha256:2", Observer: &seen})
		if err != nil {
			t.Fatal(err)
		}
		var is serve.Tally
		compare := serve.NewComparer(serve.CompareConfig{Shadow: &serve.Arm{Loaded: shadow, Tally: &is}})
		route(t, s, serve.Routing{Main: load(t, s, 1, loans(t)), Compare: compare})
		for _, body := range []string{positional, named} {
			if a := fine(t, s, body); a.Version != 1 {
				t.Errorf("%s: version %d answers", name, a.Version)
			}
		}
		row := `[30, 129.5, "rent", "1", true, "2024-01-31"]`
		fine(t, s, `{"features": [`+strings.Repeat(row+",", 9)+row+`]}`)
		predict(s, `{"features": 1}`) // is not answered, so there is nothing to compare
		eventually(t, func() bool { return is.Counts().Compared == 12 })
		compare.Close()
		if got := is.Counts(); got.Agreed != c.agreed || got.Requests != 3 || got.Failed != 0 || got.Dropped != 0 {
			t.Errorf("%s: %+v, want %d rows in agreement", name, got, c.agreed)
		}
		if seen.rows.Load() > 0 {
			t.Errorf("%s: drift hears of answers that nobody had", name)
		}
		if got := scrape(t, s)[`model_predictions_total{endpoint="scoring",model="default-risk",version="2"}`]; got != "0" {
			t.Errorf("%s: %s predictions are counted that nobody had", name, got)
		}
	}
}

func TestVersionsUnderReleaseAreComparedInBothDirections(t *testing.T) {
	s := newServer(t)
	var was, is serve.Tally
	compare := serve.NewComparer(serve.CompareConfig{})
	defer compare.Close()
	route(t, s, serve.Routing{Main: load(t, s, 1, loans(t)), Tally: &was, Compare: compare,
		Beside: []serve.Arm{{Loaded: load(t, s, 2, swapped(t)), Percent: 50, Tally: &is}}})
	for range 100 {
		fine(t, s, positional)
	}
	eventually(t, func() bool { return is.Counts().Compared == 100 })
	if got := is.Counts(); got.Agreed != 0 || was.Counts().Compared != 0 || got.Requests+was.Counts().Requests != 100 {
		t.Errorf("the new version %+v, the one before %+v", got, was.Counts())
	}
}

func TestPredictionsOfANumberAgreeWithinTheTolerance(t *testing.T) {
	for tolerance, want := range map[float64]int64{0: 0, 0.5: 0, 1: 1} {
		s := newServer(t)
		var is serve.Tally
		compare := serve.NewComparer(serve.CompareConfig{Tolerance: tolerance,
			Shadow: &serve.Arm{Loaded: loaded(t, s, 2), Tally: &is}})
		route(t, s, serve.Routing{Main: loaded(t, s, 1), Compare: compare})
		fine(t, s, oneX)
		eventually(t, func() bool { return is.Counts().Compared == 1 })
		compare.Close()
		if got := is.Counts().Agreed; got != want {
			t.Errorf("within %g: %d agree, want %d", tolerance, got, want)
		}
	}
}

func TestAShadowThatCannotAnswerAgreesInNothing(t *testing.T) {
	s := newServer(t)
	var is serve.Tally
	compare := serve.NewComparer(serve.CompareConfig{
		Shadow: &serve.Arm{Loaded: load(t, s, 2, demanding(t, 1)), Tally: &is}})
	defer compare.Close()
	route(t, s, serve.Routing{Main: loaded(t, s, 1), Compare: compare})
	fine(t, s, oneX)
	eventually(t, func() bool { return is.Counts().Requests == 1 })
	if got := is.Counts(); got.Failed != 1 || got.Compared != 1 || got.Agreed != 0 {
		t.Errorf("%+v", got)
	}
}

func TestNoRequestWaitsForAShadow(t *testing.T) {
	s := newServer(t)
	var is serve.Tally
	held := make(chan struct{})
	compare := serve.NewComparer(serve.CompareConfig{Queue: 5, Shadow: &serve.Arm{Loaded: loaded(t, s, 2), Tally: &is},
		Now: func() time.Time { <-held; return time.Now() }}) // the shadow is stuck at its first request
	route(t, s, serve.Routing{Main: loaded(t, s, 1), Compare: compare})
	for range 100 {
		if w := predict(s, oneX); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	dropped := is.Counts().Dropped
	if dropped < 94 || dropped > 95 { // one is under way and five wait, once the first was taken
		t.Errorf("%d of 100 were dropped", dropped)
	}
	if got := scrape(t, s)[`model_comparisons_dropped_total{endpoint="scoring",model="constant",version="2"}`]; got !=
		fmt.Sprint(dropped) {
		t.Errorf("the metric says %s, want %d", got, dropped)
	}
	close(held)
	eventually(t, func() bool { return is.Counts().Compared == 100-dropped })
	compare.Close()
	fine(t, s, oneX) // a comparer that has ended costs nobody anything
}

func TestTheComparingGivesWayWhereTheProcessIsBusy(t *testing.T) {
	for name, c := range map[string]struct {
		step time.Duration // of the clock at each look, so that giving way seems to take as long
		each int64         // compared after a rest
	}{"idle": {0, 200}, "busy": {time.Millisecond, 4}} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			var is serve.Tally
			var looks atomic.Int64
			begin := time.Now()
			compare := serve.NewComparer(serve.CompareConfig{Shadow: &serve.Arm{Loaded: loaded(t, s, 2), Tally: &is},
				Now: func() time.Time { return begin.Add(time.Duration(looks.Add(1)) * c.step) }})
			defer compare.Close()
			route(t, s, serve.Routing{Main: loaded(t, s, 1), Compare: compare})
			fine(t, s, oneX) // is compared at once, and a rest begins
			synctest.Wait()
			for range 200 {
				fine(t, s, oneX)
			}
			for want := 1 + c.each; want <= 201; want += c.each {
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				if got := is.Counts(); got.Compared != want || got.Dropped != 0 {
					t.Fatalf("%s: %d are compared and %d dropped, want %d and none", name, got.Compared, got.Dropped, want)
				}
			}
		})
	}
}

func TestTheComparingIsNotWokenByEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		var is serve.Tally
		compare := serve.NewComparer(serve.CompareConfig{Shadow: &serve.Arm{Loaded: loaded(t, s, 2), Tally: &is}})
		defer compare.Close()
		route(t, s, serve.Routing{Main: loaded(t, s, 1), Compare: compare})
		for _, want := range []int64{1, 1, 1, 4} { // a millisecond apart
			fine(t, s, oneX)
			if want == 4 {
				time.Sleep(time.Millisecond) // the rest is over
			}
			synctest.Wait()
			if got := is.Counts().Compared; got != want {
				t.Errorf("%d rows are compared, want %d", got, want)
			}
			time.Sleep(time.Millisecond / 2)
		}
	})
}
