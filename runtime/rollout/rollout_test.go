package rollout

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// world is the credit example behind one Rollout.
type world struct {
	t        *testing.T
	plan     *plan.Plan
	store    *store.Store
	registry *registry.Registry
	api      *apiServer
	now      time.Time
	releaser *Releaser
	pods     *pods // that are asked what they have counted
}

func newWorld(t *testing.T) *world {
	t.Helper()
	text, err := os.ReadFile("../../blueprints/testdata/credit.dev.json")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, api: newAPIServer(t), pods: &pods{t: t}, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	if w.plan, err = plan.Decode(strings.NewReader(string(text))); err != nil {
		t.Fatal(err)
	}
	w.plan.Policies = nil
	w.plan.Endpoints["scoring"] = stripped(w.plan.Endpoints["scoring"]) // as for pods
	dir := t.TempDir()
	if w.store, err = store.Open(t.Context(), filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	if w.registry, err = registry.Open(t.Context(), filepath.Join(dir, "registry.db"), registry.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(w.registry.Close(), w.store.Close()) })
	w.restart()
	return w
}

// stripped leaves the strategy to who moves pods.
func stripped(e plan.Endpoint) plan.Endpoint {
	e.Strategy = plan.Strategy{}
	return e
}

// restart is another process in the place of the one before.
func (w *world) restart() {
	rules, err := govern.NewRules(w.plan)
	if err != nil {
		w.t.Fatal(err)
	}
	w.releaser = New(Config{Plan: w.plan, Workloads: w.api.cluster(w.t), Store: w.store, Registry: w.registry,
		Rules: rules, Author: "release/models", Now: func() time.Time { return w.now },
		Log: slog.New(slog.DiscardHandler), Pods: w.pods.urls, Client: http.DefaultClient})
}

// train registers another version, which is approved.
func (w *world) train(trees float64) registry.Version {
	w.t.Helper()
	m := w.plan.Models["default-risk"]
	m.Params = plan.Params{"n_estimators": trees, "max_depth": 3.0}
	m.CrossValidation, m.Search, m.Require = nil, nil, plan.Require{}
	w.plan.Models["default-risk"] = m
	runner, err := pipeline.New(pipeline.Config{Plan: w.plan, Dir: "../../blueprints/examples/credit", Store: w.store,
		Registry: w.registry, Author: "ada", Trigger: "test", Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := runner.BuildJob(w.t.Context(), pipeline.Job{Unit: plan.Unit{Model: "default-risk"}})
	if err != nil || o.Version.Status != registry.Approved || !o.New() {
		w.t.Fatalf("%+v, %v", o.Version, err)
	}
	return o.Version
}

func (w *world) follow() {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	if err := w.releaser.Follow(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// first serves the first version.
func (w *world) first() registry.Version {
	w.t.Helper()
	v := w.train(3)
	w.follow()
	w.api.tick(0)
	w.follow() // which skips the steps
	w.follow()
	return v
}

func (w *world) state() *release.State {
	w.t.Helper()
	st, err := endpoint.ReadReleases(w.t.Context(), w.store, "scoring")
	if err != nil || st == nil {
		w.t.Fatalf("%v, %v", st, err)
	}
	return st
}

func (w *world) served(name string) int {
	w.t.Helper()
	now, err := w.registry.ServedAt(w.t.Context(), name, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(now) == 0 {
		return 0
	}
	return now[0].Version
}

func TestAFirstVersionIsAssignedAndRecordedOnceItsPodsServe(t *testing.T) {
	w := newWorld(t)
	w.follow() // no version: nothing is assigned
	if len(w.api.patches) != 0 {
		t.Fatalf("patched without a version: %v", w.api.patches)
	}
	v := w.train(3)
	w.follow()
	if w.api.assigned() != v.ModelDigest || w.served("scoring") != 0 {
		t.Fatalf("assigned %q, %d is said to serve before its pods do", w.api.assigned(), w.served("scoring"))
	}
	w.api.tick(0)
	w.follow()
	if !w.api.full {
		t.Error("the first version goes through the steps, with nothing beside it")
	}
	w.follow()
	if w.served("scoring") != 1 || w.state().Stable.Digest != v.ModelDigest || len(w.api.patches) != 1 {
		t.Errorf("serves %d, %+v, %d patches", w.served("scoring"), w.state().Stable, len(w.api.patches))
	}
	want := `{"spec":{"template":{"metadata":{"annotations":{"` + Annotation + `":"` + v.ModelDigest + `","` + WithinAnnotation +
		`":null}}}}}`
	if w.api.patches[0] != want {
		t.Errorf("patched %s, which changes more than the annotations", w.api.patches[0])
	}
}

func TestAVersionIsPromotedByItsStepsThoughTheReleaserIsKilledInBetween(t *testing.T) {
	w := newWorld(t)
	w.first()
	v := w.train(4)
	w.follow()
	w.follow()
	if c := w.state().Current; c == nil || c.To.Digest != v.ModelDigest || c.Phase != release.Progressing {
		t.Fatalf("%+v", w.state().Current)
	}
	for step := range 5 {
		w.api.tick(step)
		w.restart()
		w.follow()
		if c := w.state().Current; c == nil || c.Stage != step || len(c.Steps) != 5 || w.served("scoring") != 1 {
			t.Fatalf("at step %d: %+v", step, c)
		}
	}
	logged, err := Logged(t.Context(), w.registry, w.now)
	if err != nil || len(logged) != 1 || logged[0].Current == nil || logged[0].Current.To.Version != 2 ||
		logged[0].Current.From.Version != 1 || !strings.Contains(logged[0].Current.Why, "(5 of 5)") {
		t.Errorf("the log says %+v, %v", logged, err)
	}
	w.api.tick(5)
	w.restart()
	w.follow()
	st := w.state()
	logged, err = Logged(t.Context(), w.registry, w.now)
	if err != nil || logged[0].Current != nil || logged[0].Past[0].Phase != release.Promoted ||
		logged[0].Stable.Version != 2 {
		t.Errorf("the log says %+v, %v", logged, err)
	}
	if st.Current != nil || st.Past[0].Phase != release.Promoted || st.Stable.Version != 2 || w.served("scoring") != 2 ||
		w.served(endpoint.Slot("scoring")) != 0 {
		t.Errorf("%+v, %d serves", st, w.served("scoring"))
	}
	if is, err := w.registry.Version(t.Context(), "default-risk", 2); err != nil ||
		!slices.Contains(is.Aliases, govern.Champion) {
		t.Errorf("%v, %v: not the champion", is.Aliases, err)
	}
	if len(w.api.patches) != 2 {
		t.Errorf("%d patches, want one a version", len(w.api.patches))
	}
}

func TestAnAbortedVersionGoesBackAndIsNotTriedAgainUnlessSomebodySaysSo(t *testing.T) {
	w := newWorld(t)
	was := w.first()
	bad := w.train(4)
	w.follow()
	w.api.tick(1)
	w.follow()
	w.api.failing(`Metric "agreement" assessed Failed`)
	w.follow()
	st := w.state()
	if len(st.Refused) != 1 || !strings.Contains(st.Refused[0].Why, "agreement") || w.served("scoring") != 1 ||
		w.api.assigned() != was.ModelDigest {
		t.Fatalf("%+v, assigned %q", st, w.api.assigned())
	}
	w.api.tick(0)
	w.restart()
	w.follow()
	w.follow()
	if w.api.assigned() != was.ModelDigest || w.api.object() == "" || w.state().Current != nil {
		t.Fatal("it was tried again")
	}
	if err := w.registry.Releases().Steer(t.Context(), "ada", registry.Release{Endpoint: "scoring",
		Model: "default-risk", Version: bad.Version, What: release.WantRetry}); err != nil {
		t.Fatal(err)
	}
	w.follow()
	if w.api.assigned() != bad.ModelDigest || w.state().Current == nil {
		t.Errorf("retry assigned %q", w.api.assigned())
	}
	said := w.audited()
	if want := []string{"begin", "step", "aborted", "begin"}; !slices.Equal(said, want) {
		t.Errorf("the log says %v, want %v", said, want)
	}
}

// audited is what the log says became of releases.
func (w *world) audited() []string {
	w.t.Helper()
	all, err := w.registry.Audit(w.t.Context(), registry.Filter{Action: registry.ActionRelease})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		what, _ := e.Details["what"].(string)
		out = append(out, what)
	}
	return out
}

func TestPeoplePromoteAndAbortByTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		what string
		ends release.Phase
		at   int
	}{
		"promote ends a pause": {release.WantPromote, release.Waiting, 4},
		"fully":                {release.WantFull, release.Promoted, 5},
		"abort":                {release.WantAbort, release.Aborted, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.first()
			w.train(4)
			w.follow()
			w.api.tick(3)
			w.follow()
			if c := w.state().Current; c == nil || c.Phase != release.Waiting {
				t.Fatalf("%+v", c)
			}
			if err := w.registry.Releases().Steer(t.Context(), "ada", registry.Release{Endpoint: "scoring",
				Model: "default-risk", Version: 2, What: c.what}); err != nil {
				t.Fatal(err)
			}
			w.follow()
			w.follow()
			st := w.state()
			if c.ends == release.Waiting {
				if st.Current == nil || st.Current.Stage != c.at {
					t.Errorf("%+v", st.Current)
				}
				return
			}
			if st.Current != nil || st.Past[0].Phase != c.ends {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestWhatTheAPIServerDoesWrongIsTriedAgainAndNothingIsLost(t *testing.T) {
	w := newWorld(t)
	w.first()
	v := w.train(4)
	w.api.fail = 1
	if err := w.releaser.Follow(t.Context()); err == nil || !strings.Contains(err.Error(), "leader changed") ||
		!strings.Contains(err.Error(), "endpoint scoring") {
		t.Fatalf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(w.api.dir, "token"), []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.follow()
	if w.api.assigned() != v.ModelDigest {
		t.Errorf("assigned %q", w.api.assigned())
	}
	if last := w.api.seenToken[len(w.api.seenToken)-1]; last != "Bearer second" {
		t.Errorf("the token is %q after it was replaced", last)
	}
}

func TestItIsReadyWhileItFollowsAndSaysWhyItIsNot(t *testing.T) {
	w := newWorld(t)
	asked := func(path string, want int, says string) {
		t.Helper()
		rec := httptest.NewRecorder()
		w.releaser.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != want || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s answers %d %s; want %d %s", path, rec.Code, rec.Body, want, says)
		}
	}
	asked("/ready", http.StatusServiceUnavailable, "not been followed")
	if said := w.releaser.round(t.Context(), ""); said != "" {
		t.Fatal(said)
	}
	asked("/ready", http.StatusOK, "ok")
	w.now = w.now.Add(2 * time.Minute)
	w.api.fail = 1
	w.releaser.round(t.Context(), "")
	asked("/ready", http.StatusServiceUnavailable, "leader changed")
	asked("/health", http.StatusOK, "ok")
	w.now = w.now.Add(2 * time.Minute)
	asked("/health", http.StatusServiceUnavailable, "does not go on")
}

func TestWhatIsWantedIsNotJudgedByAStatusFromBefore(t *testing.T) {
	w := newWorld(t)
	w.first()
	w.train(4)
	w.follow() // the Rollout is healthy still, with the version before
	w.follow()
	w.follow()
	if w.served("scoring") != 1 || w.state().Current == nil {
		t.Errorf("version %d is said to serve, which no pod has", w.served("scoring"))
	}
}
