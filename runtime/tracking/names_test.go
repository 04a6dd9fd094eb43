package tracking

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mlflowName = regexp.MustCompile(`^[/a-zA-Z0-9_.\- ]+$`)
	wandbName  = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)
)

// refusedByMLflow is mlflow/utils/validation.py's rule for params and metrics,
// as strict as any version has it.
func refusedByMLflow(name string) bool {
	norm := path.Clean(name)
	return !mlflowName.MatchString(name) || norm != name || norm == "." || strings.HasPrefix(norm, "..") ||
		strings.HasPrefix(norm, "/") || len(name) > 250
}

// awkward are names that stages and their files can have.
var awkward = []string{
	"roc_auc", "try@0.1/rounds", "try@0.3/rounds", "try_at_0.1/rounds", "try@0.1/MAP@5", "try@0.1/MAP#5",
	"try@0.1/MAP$5", "card/µs per row", "card/ns per row",
	"a", "a/b", "a/b/c", "card/..", "card/.", "card//x", "card/x/", "/x", "../x", "..x", ".", "..", "", " ",
	"card/Größe", "card/100%", "card/100_", "Map", "map",
	"1/precision", "card/" + strings.Repeat("x", 300), "card/" + strings.Repeat("x", 301), strings.Repeat("é", 200),
	"card/a:b", "card/a\nb", "card/\x00",
}

func TestEveryNameBecomesOneThatTheTrackerTakesAndNoTwoBecomeOne(t *testing.T) {
	for name, c := range map[string]struct {
		naming
		refused func(string) bool
	}{
		"mlflow": {forMLflow(), refusedByMLflow},
		"wandb":  {forWandB(), func(s string) bool { return !wandbName.MatchString(s) || len(s) > 250 }},
	} {
		got := c.mapped(awkward)
		seen := map[string]string{}
		for _, from := range awkward {
			as := got[from]
			if c.refused(as) {
				t.Errorf("%s: %q becomes %q, which it refuses", name, from, as)
			}
			if other, taken := seen[strings.ToLower(as)]; taken {
				t.Errorf("%s: %q and %q both become %q", name, other, from, as)
			}
			seen[strings.ToLower(as)] = from
			if !c.refused(from) && as != from && !slices.Contains([]string{"a/b", "a/b/c", "map", " "}, from) {
				t.Errorf("%s: %q becomes %q and need not", name, from, as)
			}
		}
		turned := slices.Clone(awkward)
		slices.Reverse(turned)
		if again := c.mapped(turned); !maps.Equal(again, got) {
			t.Errorf("%s: another order gives other names", name)
		}
		for _, as := range got { // a store of files has no name that is a folder too
			for _, other := range got {
				if name == "mlflow" && strings.HasPrefix(other, as+"/") {
					t.Errorf("%q lies below %q", other, as)
				}
			}
		}
	}
	if got := forMLflow().mapped([]string{"try@0.1/rounds"})["try@0.1/rounds"]; got != "try_at_0.1/rounds" {
		t.Errorf("got %q", got)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("try@0.1/rounds", "try_at_0.1/rounds", "a/b")
	f.Add("..", "a//b", "a")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for name, n := range map[string]naming{"mlflow": forMLflow(), "wandb": forWandB()} {
			got := n.mapped([]string{a, b, c})
			seen := map[string]bool{}
			for _, as := range got {
				if name == "mlflow" && refusedByMLflow(as) || name == "wandb" && !wandbName.MatchString(as) {
					t.Errorf("%s: %q", name, as)
				}
				seen[as] = true
			}
			if len(seen) != len(got) {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

// TestNamesThatMLflowRefusesLoseNothing has a server that holds names to
// MLflow's rule: params and metrics of every stage arrive, under names of their
// own.
func TestNamesThatMLflowRefusesLoseNothing(t *testing.T) {
	s := newScene(t)
	s.strict = true
	r := record(1)
	r.Params["try@0.1/rounds"], r.Params["try@0.3/rounds"] = "3", "4"
	s.cfg.Plan.Tracking.OpenLineage = nil
	r.Points = []Point{{"trial@x", 0, 0.5}}
	r.Metrics = map[string]float64{"accuracy": 0.9, "card/accuracy": 0.123, "try@0.1/rmse": 0.1,
		"try@0.3/rmse": 0.3, "try@0.1/MAP@5": 0.5}
	if err := New(s.cfg).Tell(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	run := s.runs["run1"]
	for name, want := range map[string]any{
		"status": "FINISHED", "param/max_depth": "10", "param/try_at_0.1/rounds": "3", "param/try_at_0.3/rounds": "4",
		"metric/accuracy": 0.9, "metric/card/accuracy": 0.123,
		"metric/try_at_0.1/rmse": 0.1, "metric/try_at_0.3/rmse": 0.3,
		"metric/try_at_0.1/MAP_at_5": 0.5, "metric/trial_at_x": 0.5,
	} {
		if run[name] != want {
			t.Errorf("%s is %v, want %v", name, run[name], want)
		}
	}
	if text, _ := run["tag/ashlar.renamed"].(string); !strings.Contains(text, "try_at_0.1/rounds is try@0.1/rounds") {
		t.Errorf("the run does not say what was renamed: %q", text)
	}
	if len(s.notices) > 0 || s.left(t) > 0 {
		t.Errorf("%d kept, %q", s.left(t), s.notices)
	}
}

func TestANameThatIsRefusedIsLeftOutAndTheRestIsTold(t *testing.T) {
	s := newScene(t)
	s.taboo = "rmse" // for no reason that anybody could know
	r := record(1)
	s.cfg.Plan.Tracking.OpenLineage = nil
	for _, name := range []string{"a", "b", "rmse", "d", "e"} {
		r.Params[name] = name
	}
	s.tell(t, r)
	run := s.runs["run1"]
	for _, name := range []string{"param/a", "param/b", "param/d", "param/e", "param/max_depth",
		"metric/roc_auc", "tag/data_digest"} {
		if run[name] == nil {
			t.Errorf("%s is lost", name)
		}
	}
	if run["status"] != "FINISHED" || run["tag/ashlar.refused"] != "param rmse" || s.left(t) != 0 {
		t.Errorf("run %v, %d kept", run, s.left(t))
	}
	if len(s.notices) != 1 || !strings.Contains(s.notices[0], "mlflow refuses param rmse of run 20260501T1201") ||
		!strings.Contains(s.notices[0], "the rest is logged") {
		t.Errorf("notices %q", s.notices)
	}
}

func TestNamesThatWeightsAndBiasesCannotSortByAreChanged(t *testing.T) {
	r := record(1)
	r.Params["try@0.1/rounds"], r.Tags["try_at_0_1_rounds"] = "3", "a tag"
	r.Points = []Point{{"fold/f1", 0, 0.5}}
	config := configOf(r)
	values := map[string]any{}
	for name, one := range config {
		if !wandbName.MatchString(name) {
			t.Errorf("config has %q", name)
		}
		values[name] = one.(map[string]any)["value"]
	}
	if values["try_at_0_1_rounds"] != "a tag" || len(config) != len(r.Params)+len(r.Tags)+1 {
		t.Errorf("config %v", values)
	}
	lines, err := history(r)
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0], `"fold_f1":0.5`) {
		t.Errorf("history %v, %v", lines, err)
	}
}
