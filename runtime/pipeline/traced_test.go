//go:build unix

package pipeline

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
	"github.com/ashlar-dev/ashlar/tests/collector"
)

// traced is a runner whose traces go to the collector.
func (w *world) traced(t *testing.T, p *plan.Plan, c *collector.Collector) (*Runner, *tracing.Tracer) {
	t.Helper()
	r := w.runner(p)
	tr, err := tracing.New(t.Context(), tracing.Config{Getenv: c.Environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	r.cfg.Tracer = tr
	return r, tr
}

func TestARunIsATraceWithASpanAStage(t *testing.T) {
	w, c := newWorld(t), collector.New(t)
	r, tr := w.traced(t, searched(w, 0), c)
	unit := plan.Unit{Pipeline: "l", Model: "m"}
	for range 2 { // the second reuses what the first has made
		if _, err := r.Do(t.Context(), Job{Unit: unit}); err != nil {
			t.Fatal(err)
		}
	}
	tr.Close(t.Context())
	runs, trains := c.Named("pipeline m"), c.Named("stage train")
	if len(runs) != 2 || runs[0].Trace == runs[1].Trace || len(trains) != 2 {
		t.Fatalf("%+v", runs)
	}
	for i, run := range runs {
		stages := 0
		for _, s := range c.Spans() {
			if s.Trace != run.Trace || s.ID == run.ID {
				continue
			}
			stages++
			if s.Parent != run.ID || s.Start.Before(run.Start) || s.End.After(run.End) ||
				s.Name != "stage "+s.Attributes["ashlar.stage"] || s.Attributes["ashlar.status"] != "succeeded" {
				t.Errorf("%+v, of %+v", s, run)
			}
		}
		if stages != 7 || run.Attributes["ashlar.status"] != "succeeded" || run.Failed || run.Parent != "" {
			t.Errorf("%d stages; %+v", stages, run)
		}
		if want := []string{"false", "true"}[i]; trains[i].Attributes["ashlar.stage.reused"] != want {
			t.Errorf("run %d: reused %q, want %s", i, trains[i].Attributes["ashlar.stage.reused"], want)
		}
	}
}

func TestAFailedStageFailsItsSpanAndTheRuns(t *testing.T) {
	w, c := newWorld(t), collector.New(t)
	r, tr := w.traced(t, line(map[string]plan.Stage{"breaks": {Cmd: []string{"echo secret-row; exit 3"}}}), c)
	if _, err := r.Do(t.Context(), Job{Unit: plan.Unit{Pipeline: "l"}}); err == nil {
		t.Fatal("it did not fail")
	}
	tr.Close(t.Context())
	for _, s := range c.Spans() {
		if !s.Failed || strings.Contains(s.Reason, "secret") {
			t.Errorf("%+v", s)
		}
	}
	if len(c.Spans()) != 2 {
		t.Errorf("%d spans", len(c.Spans()))
	}
}

// TestStagesInPodsAreOneTrace runs each stage with a tracer of its own, as pods do.
func TestStagesInPodsAreOneTrace(t *testing.T) {
	w, c := newWorld(t), collector.New(t)
	p := searched(w, 0)
	nodes, err := p.Graph("l")
	if err != nil {
		t.Fatal(err)
	}
	unit := plan.Unit{Pipeline: "l", Model: "m"}
	for _, n := range nodes {
		r, tr := w.traced(t, p, c)
		if _, err := r.Do(t.Context(), Job{Unit: unit, ID: "w", Only: n.Name}); err != nil {
			t.Fatal(err)
		}
		tr.Close(t.Context())
	}
	r, tr := w.traced(t, p, c)
	if _, err := r.Finish(t.Context(), Job{Unit: unit, ID: "w"}, ""); err != nil {
		t.Fatal(err)
	}
	tr.Close(t.Context())
	whole := c.One(t, "pipeline m")
	spans := c.Spans()
	if len(spans) != len(nodes)+1 {
		t.Errorf("%d spans of %d stages", len(spans), len(nodes))
	}
	for _, s := range spans {
		if s.Trace != whole.Trace {
			t.Errorf("%s is in a trace of its own", s.Name)
		}
	}
	if first := c.One(t, "stage ingest"); whole.Start.After(first.End) {
		t.Errorf("the run began after its first stage: %s, %s", whole.Start, first.End)
	}
}
