package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"
)

// runKey is where a context has the name of a run.
type runKey struct{}

// ids makes the identifiers of spans.
//
// The stages of a run may be processes on several machines, which know nothing of each
// other but the run's name. The trace's id is made of that, so that they are one trace,
// and a sampler that goes by the id decides the same for all of them.
type ids struct{}

// NewIDs are those of a trace's first span.
func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var id trace.TraceID
	if run, _ := ctx.Value(runKey{}).(string); run != "" {
		sum := sha256.Sum256([]byte("ashlar run\x00" + run))
		copy(id[:], sum[:])
	} else {
		rand.Read(id[:]) //nolint:errcheck // never errs, by its contract
	}
	return id, ids{}.NewSpanID(ctx, id)
}

// NewSpanID is that of another.
func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	rand.Read(id[:]) //nolint:errcheck // never errs, by its contract
	return id
}
