package pipeline

import (
	"context"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// A run is a trace. Its name, which the stages know wherever they run, makes the
// trace's id, so that the pods of a cluster need tell each other nothing.

// traceName is what all that is done for the run has in common.
func (x *execution) traceName() string {
	return x.Plan.Name + "/" + x.Plan.Environment + "/" + x.Name() + "/" + x.record.run.ID
}

// traced begins the span of the whole run; a zero time stands for the present.
func (x *execution) traced(ctx context.Context, began time.Time) (context.Context, tracing.Span) {
	return x.Tracer.Root(ctx, x.traceName(), "pipeline "+x.Name(), began, tracing.Text("ashlar.pipeline", x.Name()),
		tracing.Text("ashlar.run", x.record.run.ID), tracing.Text("ashlar.trigger", x.record.run.Trigger))
}

// ended ends it with the run's status. The error is not told: it may repeat a row.
func ended(span tracing.Span, r *run.Run) {
	span.Set(tracing.Text("ashlar.status", string(r.Status)))
	if r.Status == run.Failed {
		span.Fail("run_failed")
	}
	span.End()
}

// tracedStage begins the span of a stage: within that of the run, or beside it where
// another process has the run.
func (x *execution) tracedStage(ctx context.Context, stage string) (context.Context, tracing.Span) {
	about := []tracing.Attribute{tracing.Text("ashlar.pipeline", x.Name()),
		tracing.Text("ashlar.run", x.record.run.ID), tracing.Text("ashlar.stage", stage)}
	if x.job.Only != "" {
		return x.Tracer.Root(ctx, x.traceName(), "stage "+stage, time.Time{}, about...)
	}
	return tracing.Start(ctx, "stage "+stage, about...)
}

// endedStage ends it with the stage's result.
func endedStage(span tracing.Span, res *run.Result) {
	reused := "false"
	if res.Reused {
		reused = "true"
	}
	span.Set(tracing.Text("ashlar.status", string(res.Status)), tracing.Text("ashlar.stage.reused", reused))
	if res.Status == run.Failed {
		span.Fail("stage_failed")
	}
	span.End()
}
