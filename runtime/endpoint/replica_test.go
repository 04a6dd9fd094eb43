package endpoint

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReplicasAreJudgedTogetherAndAllShowIt(t *testing.T) {
	h := newSystem(t)
	a, b := h.replica(t, "pod-a"), h.replica(t, "pod-b")
	follow(t, a)
	follow(t, b)
	ask(t, a, 30)
	ask(t, b, 25)
	if v := shown(t, a); v.Version != 1 || v.Pending != 30 || len(v.Reports) != 0 {
		t.Errorf("%+v", v)
	}
	a.Save(t.Context())
	h.clock.add(time.Second)
	b.Save(t.Context())
	if got := h.judge(t); len(got) != 1 || got[0].Segments != 2 || got[0].Pending != 55 ||
		len(got[0].Windows) != 0 || got[0].Retrain {
		t.Fatalf("before the window is over: %+v", got)
	}
	h.clock.add(time.Hour)
	got := h.judge(t)
	if len(got) != 1 || len(got[0].Windows) != 1 || got[0].Windows[0].Rows != 55 || !got[0].Windows[0].DatasetDrift ||
		!got[0].Alert || !got[0].Retrain {
		t.Fatalf("%+v", got)
	}
	for name, e := range map[string]*Endpoint{"a": a, "b": b, "a newcomer": h.replica(t, "pod-c")} {
		follow(t, e)
		if name != "a newcomer" { // who has looked just now
			e.Save(t.Context())
		}
		if v := shown(t, e); len(v.Reports) != 1 || v.Reports[0].Rows != 55 || !v.Reports[0].DatasetDrift {
			t.Errorf("%s shows %+v", name, v)
		}
		_, metrics := request(t, e, http.MethodGet, "/metrics", "")
		for _, want := range []string{
			`model_drift_detected{endpoint="scoring",model="default-risk",version="1"} 1`,
			`model_drift_reason{endpoint="scoring",model="default-risk",reason="share",version="1"} 1`,
			`model_drift_reason{endpoint="scoring",model="default-risk",reason="columns",version="1"} 0`,
			`model_drift_predictions{endpoint="scoring",model="default-risk",version="1"} `,
			`model_drift_weighted_share{endpoint="scoring",model="default-risk",version="1"} `,
			`model_drift_column{column="Income",endpoint="scoring"} `,
			`model_drift_windows_total{endpoint="scoring",model="default-risk",version="1"} 1`,
		} {
			if !strings.Contains(metrics, want) {
				t.Errorf("%s does not export %s", name, want)
			}
		}
	}
}

func TestDriftOfAVersionThatIsNotServedIsNotShown(t *testing.T) {
	for name, judge := range map[string]func(*system, watch, <-chan string){
		"": func(_ *system, w watch, told <-chan string) {
			w.reports() // closes the window, which is judged beside
			for line := range told {
				if strings.Contains(line, "of 60 rows") {
					return
				}
			}
		},
		"pod-a": func(h *system, w watch, _ <-chan string) {
			h.judge(t)
			if err := w.save(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		h := newSystem(t)
		e, told := h.replica(t, name), make(chan string, 100)
		e.cfg.Notice = func(line string) { told <- line }
		asked := func() watch {
			ask(t, e, 60)
			e.Save(t.Context())
			return e.watch
		}
		shows := func(when string, want bool) {
			t.Helper()
			_, metrics := request(t, e, http.MethodGet, "/metrics", "")
			got := slices.DeleteFunc(strings.Split(metrics, "\n"), func(line string) bool {
				return !strings.HasPrefix(line, "model_drift_") || strings.HasPrefix(line, "model_drift_windows_total")
			})
			if (len(got) > 0) != want {
				t.Errorf("%q: %s it shows %v", name, when, got)
			}
		}
		follow(t, e)
		w := asked()
		h.clock.add(time.Hour)
		judge(h, w, told)
		shows("after a window", true)
		asked()
		h.train(t, 6)
		follow(t, e)
		shows("after the swap", false)
		h.clock.add(time.Hour)
		judge(h, w, told)
		if closed, _ := w.reports(); len(closed) != 2 {
			t.Fatalf("%q: the old version has %d reports, so that the test proves nothing", name, len(closed))
		}
		shows("after the last verdict on the old version", false)
		w = asked()
		h.clock.add(time.Hour)
		judge(h, w, told)
		shows("after a window of the new version", true)
		if _, err := e.withdraw(t.Context(), "enough", nil); err != nil {
			t.Fatal(err)
		}
		shows("serving nothing", false)
	}
}

func TestARetrainIsAskedForUntilItIsSettled(t *testing.T) {
	h := newSystem(t)
	a := h.replica(t, "pod-a")
	follow(t, a)
	drifts := func() Verdict {
		ask(t, a, 60)
		a.Save(t.Context())
		h.clock.add(time.Hour)
		return h.judge(t)[0]
	}
	first := drifts()
	if !first.Retrain {
		t.Fatalf("%+v", first)
	}
	if again := h.judge(t); len(again) != 1 || !again[0].Retrain || len(again[0].Windows) != 0 {
		t.Errorf("a judge that could not retrain: %+v", again)
	}
	if err := Settle(t.Context(), h.judging(), first); err != nil {
		t.Fatal(err)
	}
	if next := drifts(); next.Retrain || !next.Alert {
		t.Errorf("a lasting alert asks again: %+v", next)
	}
}

func TestAllReplicasShowTheOpenWindow(t *testing.T) {
	h := newSystem(t)
	a, b := h.replica(t, "pod-a"), h.replica(t, "pod-b")
	follow(t, a)
	follow(t, b)
	ask(t, a, 40)
	ask(t, b, 40)
	a.Save(t.Context())
	b.Save(t.Context())
	h.judge(t)
	a.Save(t.Context())
	reports, _ := a.Reports()
	if len(reports) != 1 || !reports[0].Open || reports[0].Rows != 80 {
		t.Fatalf("%d reports: %+v", len(reports), reports)
	}
	h.clock.add(time.Hour)
	h.judge(t)
	a.Save(t.Context())
	if reports, _ = a.Reports(); len(reports) != 1 || reports[0].Open || reports[0].Rows != 80 {
		t.Errorf("%d reports after the window has closed: %+v", len(reports), reports)
	}
}

func TestEachSegmentCountsOnce(t *testing.T) {
	h := newSystem(t)
	a := h.replica(t, "pod-a")
	follow(t, a)
	ask(t, a, 20)
	a.Save(t.Context())
	segments := h.refs(t, "/segments/")
	if len(segments) != 1 {
		t.Fatalf("%v", segments)
	}
	text, err := h.store.GetRef(t.Context(), segments[0])
	if err != nil {
		t.Fatal(err)
	}
	h.judge(t)
	if left := h.refs(t, "/segments/"); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
	// A judge that was killed after it had written what it knows.
	if err := h.store.PutRef(t.Context(), segments[0], text); err != nil {
		t.Fatal(err)
	}
	if reports, _ := a.Reports(); len(reports) != 0 {
		t.Errorf("20 rows are shown: %+v", reports[0])
	}
	if got := h.judge(t); got[0].Segments != 0 || got[0].Pending != 20 {
		t.Errorf("%+v", got)
	}
	if left := h.refs(t, "/segments/"); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

func (h *system) refs(t *testing.T, holding string) []string {
	t.Helper()
	all, err := h.store.ListRefs(t.Context(), "drift/")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return !strings.Contains(name, holding) })
}

func TestAnOutageOfTheStoreCostsNoRows(t *testing.T) {
	h := newSystem(t)
	a := h.replica(t, "pod-a")
	follow(t, a)
	out, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be put
	for range 3 {
		ask(t, a, 10)
		a.Save(out)
	}
	if refs := h.refs(t, "/segments/"); len(refs) != 0 {
		t.Fatalf("%v", refs)
	}
	a.Save(t.Context())
	if got := h.judge(t); got[0].Pending != 30 || got[0].Segments != 2 {
		t.Errorf("%+v", got)
	}
}

func TestWhatAFormerVersionWasAskedIsHandedOnToo(t *testing.T) {
	h := newSystem(t)
	a := h.replica(t, "pod-a")
	follow(t, a)
	ask(t, a, 60)
	h.train(t, 7)
	follow(t, a)
	ask(t, a, 10)
	a.Save(t.Context())
	h.clock.add(2 * time.Hour)
	got := h.judge(t)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	slices.SortFunc(got, func(x, y Verdict) int { return x.Version - y.Version })
	if got[0].Version != 1 || len(got[0].Windows) != 1 || got[0].Retrain ||
		got[1].Version != 2 || got[1].Pending != 10 {
		t.Errorf("%+v", got)
	}
	if v := shown(t, a); v.Version != 2 || v.Pending != 0 {
		t.Errorf("%+v", v)
	}
}

func TestSegmentsOfOtherColumnsAreLeftOut(t *testing.T) {
	h := newSystem(t)
	a := h.replica(t, "pod-a")
	follow(t, a)
	ask(t, a, 60)
	a.Save(t.Context())
	h.judge(t)
	ask(t, a, 10)
	a.Save(t.Context())
	e := h.plan.Endpoints["scoring"]
	fewer := *e.Drift
	fewer.Columns = []string{"Age", "Income"}
	e.Drift = &fewer
	h.plan.Endpoints["scoring"] = e
	if got := h.judge(t); got[0].Segments != 0 || got[0].Pending != 0 {
		t.Errorf("%+v", got)
	}
	if left := h.refs(t, "/segments/"); len(left) != 0 {
		t.Errorf("%v pile up", left)
	}
}

func TestSegmentNamesAreReadBack(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)
	name := segmentRef("scoring", "default-risk", 12, at, "scoring-5d9-x2x", 3)
	if m, v, ok := segmentOf("scoring", name); !ok || m != "default-risk" || v != 12 {
		t.Errorf("%s: %s %d %t", name, m, v, ok)
	}
	for _, other := range []string{judgedRef("scoring", "m", 1), versionRef("scoring", "m", 1),
		verdictsRef("scoring", "m", 1), "drift/scoring/m-x/segments/a", "drift/scoring/-1/segments/a",
		"drift/other/m-1/segments/a", "drift/scoring/m-0/segments/a"} {
		if _, _, ok := segmentOf("scoring", other); ok {
			t.Errorf("%s is taken for a segment", other)
		}
	}
}

// What is answered is compared with answers on rows that the model was not
// trained on, and a column counts by what it is to the model.
func TestTheReferenceHoldsAnswersOnUnseenRowsAndImportances(t *testing.T) {
	h := newSystem(t)
	v, err := h.registry.Version(t.Context(), "default-risk", 1)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := reference(t.Context(), h.store, v)
	if err != nil {
		t.Fatal(err)
	}
	split := h.plan.Models["default-risk"].Split.TestSize
	if share := float64(ref.Score.Rows) / float64(ref.Score.Rows+ref.Rows); ref.Score.Rows == 0 ||
		share < split-0.05 || share > split+0.05 {
		t.Errorf("answers on %d rows beside %d rows of training, want those of the test part, %g of all",
			ref.Score.Rows, ref.Rows, split)
	}
	sum := 0.0
	for _, c := range ref.Columns {
		sum += c.Importance
	}
	if sum <= 0 {
		t.Error("no column has an importance")
	}
}
