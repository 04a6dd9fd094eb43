package run

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestHowARunEnds(t *testing.T) {
	for want, err := range map[Status]error{
		Succeeded: nil, Failed: errors.New("broken"), Interrupted: fmt.Errorf("stage a: %w", context.Canceled),
	} {
		var r Run
		r.Finish(noon.In(time.FixedZone("", 3600)), err)
		if r.Status != want || !r.FinishedAt.Equal(noon) || r.FinishedAt.Location() != time.UTC {
			t.Errorf("%v: %s at %s, want %s", err, r.Status, r.FinishedAt, want)
		}
		if err != nil && r.Error != err.Error() {
			t.Errorf("%v is recorded as %q", err, r.Error)
		}
	}
}

func TestARunSpansItsStages(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	stage := func(from, minutes int) Result {
		return Result{Started: at(from), Duration: time.Duration(minutes) * time.Minute}
	}
	for name, c := range map[string]struct {
		stages   []Result
		from, to int
	}{
		"none":          {nil, 30, 30},
		"one":           {[]Result{stage(5, 2)}, 5, 7},
		"in order":      {[]Result{stage(1, 1), stage(2, 3)}, 1, 5},
		"side by side":  {[]Result{stage(1, 9), stage(2, 3)}, 1, 10},
		"in any order":  {[]Result{stage(4, 1), stage(2, 1)}, 2, 5},
		"after records": {[]Result{stage(40, 1)}, 40, 41},
	} {
		r := Run{StartedAt: at(30), Stages: c.stages}
		if from, to := r.Span(); !from.Equal(at(c.from)) || !to.Equal(at(c.to)) {
			t.Errorf("%s: from %s to %s, want minutes %d to %d", name, from, to, c.from, c.to)
		}
	}
}

func TestWhatARunSaysOfAStage(t *testing.T) {
	r := Run{Stages: []Result{
		{Stage: "ingest", Reused: true, MadeAt: noon, Outputs: map[string]string{"data": "sha256:d"}}, {Stage: "train"},
	}}
	if r.Output("ingest", "data") != "sha256:d" || r.Output("ingest", "rows") != "" ||
		r.Output("evaluate", "data") != "" {
		t.Error("outputs are not the stage's")
	}
	if !r.MadeAt("ingest").Equal(noon) || !r.MadeAt("evaluate").IsZero() {
		t.Error("times are not the stage's")
	}
	if r.Reused() || new(Run).Reused() || !(&Run{Stages: r.Stages[:1]}).Reused() {
		t.Error("a run is reused where all of its stages are")
	}
	r.Stage("train").Detail = "x"
	if r.Stages[1].Detail != "x" || r.Stage("evaluate") != nil {
		t.Error("a stage is not the record's own")
	}
}
