//go:build unix

package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/tests/zones"
)

// TestTheDateOfARun: the day is the schedule's in its zone, and all stages of a
// run agree on it, whatever zone their machine is in and when they begin.
func TestTheDateOfARun(t *testing.T) {
	due := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)
	late := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	zones.Each(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			zone string
			job  Job
			want string
		}{
			"asked for": {"Europe/Berlin",
				Job{Date: "2026-01-02", Due: due, ID: "20261120T233000Z-x"}, "2026-01-02"},
			"due":                            {"", Job{Due: due}, "2026-11-20"},
			"due, a day later in its zone":   {"Europe/Berlin", Job{Due: due, ID: "20261122T000000Z-x"}, "2026-11-21"},
			"begun":                          {"", Job{ID: "20261120T233000Z-x"}, "2026-11-20"},
			"begun, a day later in its zone": {"Europe/Berlin", Job{ID: "20261120T233000Z-x"}, "2026-11-21"},
			"begun now":                      {"", Job{ID: "x"}, "2026-11-22"},
			"begun now, without an ID":       {"Pacific/Kiritimati", Job{}, "2026-11-23"},
		} {
			w := newWorld(t)
			out := filepath.Join(w.share(), "date")
			p := line(map[string]plan.Stage{"a": {Cmd: []string{`printf %s "$ASHLAR_PARAM_DATE" > ` + out},
				Params: []string{plan.ParamDate}}}, func(l *plan.Pipeline) { l.Timezone = c.zone })
			c.job.Unit = p.Units()[0]
			r := w.runner(p)
			r.cfg.Now = func() time.Time { return late().Local() }
			if _, err := r.Do(t.Context(), c.job); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(out); err != nil || string(b) != c.want {
				t.Errorf("%s: %q (%v), want %s", name, b, err, c.want)
			}
		}
	})
}

// TestAPipelineOfBuiltInStagesKeepsItsTimeout: its unit is the model, and what the
// pipeline says of runs holds all the same.
func TestAPipelineOfBuiltInStagesKeepsItsTimeout(t *testing.T) {
	p := &plan.Plan{
		Datasets: map[string]plan.Dataset{"d": {Source: "none.csv"}},
		Models:   map[string]plan.Model{"m": {Dataset: "d", Target: "y"}},
		Pipelines: map[string]plan.Pipeline{"daily": {Model: "m"},
			"weekly": {Model: "m", Timeout: "1ns", Retries: 2, RetryDelay: "3s"}},
	}
	r := newWorld(t).runner(p)
	for name, want := range map[string]bool{"daily": false, "weekly": true, "": false} {
		_, err := r.Do(t.Context(), Job{Unit: p.UnitFor("daily"), Line: name})
		if err == nil || strings.Contains(err.Error(), "longer than its timeout of 1ns") != want {
			t.Errorf("as %q: %v", name, err)
		}
	}
	if again, delay, err := p.Line(p.UnitFor("weekly"), "weekly").Attempts(nil); again != 2 ||
		delay != 3*time.Second || err != nil {
		t.Errorf("%d attempts after %s (%v)", again, delay, err)
	}
}

// TestARunIsJudgedByItsStages where whoever ran them cannot say how it ended, and
// continues from those that succeeded where somebody runs the others once more.
func TestARunIsJudgedByItsStages(t *testing.T) {
	w := newWorld(t)
	flag := filepath.Join(t.TempDir(), "go")
	p := line(map[string]plan.Stage{
		"a": {Cmd: []string{"echo 1 > a.txt"}, Outs: []string{"a.txt"}},
		"b": {Cmd: []string{"test -e " + flag, "cat a.txt > b.txt"}, Deps: []string{"a.txt"}, Outs: []string{"b.txt"}},
	})
	r := w.runner(p)
	job := Job{Unit: p.Units()[0], ID: "20261120T233000Z-x"}
	do := func(stage string) error {
		one := job
		one.Only = stage
		_, err := r.Do(t.Context(), one)
		return err
	}
	if err := do("a"); err != nil {
		t.Fatal(err)
	}
	if err := do("b"); err == nil {
		t.Fatal("b needs a file that is not there")
	}
	whole, err := r.Finish(t.Context(), job, "")
	if err != nil || whole.Status != run.Failed || len(whole.Stages) != 2 {
		t.Fatalf("%v, %+v", err, whole)
	}
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := do("b"); err != nil {
		t.Fatal(err)
	}
	whole, err = r.Finish(t.Context(), job, "")
	if err != nil || whole.Status != run.Succeeded || len(whole.Stages) != 2 {
		t.Errorf("once more: %v, %+v", err, whole)
	}
	other := job
	other.ID = "20261121T233000Z-y"
	if _, err := r.Do(t.Context(), Job{Unit: other.Unit, ID: other.ID, Only: "a"}); err != nil {
		t.Fatal(err)
	}
	if whole, err = r.Finish(t.Context(), other, ""); err != nil || whole.Status != run.Failed {
		t.Errorf("of one stage of two: %v, %+v", err, whole)
	}
}
