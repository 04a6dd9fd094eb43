package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Span is something that takes time, and is part of a trace. The zero value is none.
// It is for one goroutine at a time.
type Span struct{ span trace.Span }

// context is the W3C's, in the headers traceparent and tracestate.
var w3c = propagation.TraceContext{}

// Server begins the span of a request that has come in, in the trace that its headers
// name. The request that is returned carries the span.
func (t *Tracer) Server(r *http.Request, name string, more ...Attribute) (*http.Request, Span) {
	if t == nil {
		return r, Span{}
	}
	ctx := r.Context()
	if t.passed {
		ctx = w3c.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(more...))
	if t.passed {
		ctx = context.WithValue(ctx, passing{}, true)
	}
	return r.WithContext(ctx), Span{span}
}

// Root begins a trace of this process's own doing. Whatever is begun under the same
// name of a run, in whichever process, is part of the same trace; "" is a trace of its
// own. A zero began stands for the present time.
func (t *Tracer) Root(ctx context.Context, run, name string, began time.Time,
	more ...Attribute) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	options := []trace.SpanStartOption{trace.WithAttributes(more...)}
	if !began.IsZero() {
		options = append(options, trace.WithTimestamp(began))
	}
	if run != "" {
		ctx = context.WithValue(ctx, runKey{}, run)
	}
	ctx, span := t.tracer.Start(ctx, name, options...)
	if t.passed {
		ctx = context.WithValue(ctx, passing{}, true)
	}
	return ctx, Span{span}
}

// passing is in contexts whose trace is told to whoever is asked.
type passing struct{}

// Start begins a span within the one that the context carries; without one, or in a
// trace that is not sampled, it does nothing and returns the context as it is.
func Start(ctx context.Context, name string, more ...Attribute) (context.Context, Span) {
	return start(ctx, name, trace.SpanKindInternal, more)
}

// Client is Start for a request to another server, whose headers tell it of the trace.
// Of a trace that is not sampled they tell as well, so that nobody begins another.
func Client(ctx context.Context, h http.Header, name string, more ...Attribute) (context.Context, Span) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, Span{}
	}
	ctx, s := start(ctx, name, trace.SpanKindClient, more)
	if ctx.Value(passing{}) != nil {
		w3c.Inject(ctx, propagation.HeaderCarrier(h))
	}
	return ctx, s
}

func start(ctx context.Context, name string, kind trace.SpanKind, more []Attribute) (context.Context, Span) {
	within := trace.SpanFromContext(ctx)
	if !within.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := within.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind),
		trace.WithAttributes(more...))
	return ctx, Span{span}
}

// Set says more about the span.
func (s Span) Set(more ...Attribute) {
	if s.span != nil {
		s.span.SetAttributes(more...)
	}
}

// Recording reports whether anybody will see what the span says.
func (s Span) Recording() bool { return s.span != nil && s.span.IsRecording() }

// Fail says that what the span is of has failed. The reason is for a metric's label: a
// code, and no text that may hold what was asked.
func (s Span) Fail(reason string) {
	if s.span != nil {
		s.span.SetStatus(codes.Error, reason)
		s.span.SetAttributes(Text("error.type", reason))
	}
}

// End ends the span. Each is ended once.
func (s Span) End() {
	if s.span != nil {
		s.span.End()
	}
}

// IDs are how others name a span, in hexadecimal digits.
type IDs struct {
	Trace, Span string
	Sampled     bool // somebody will find it
}

// IDs are the span's; the zero value where it is none.
func (s Span) IDs() IDs {
	if s.span == nil {
		return IDs{}
	}
	c := s.span.SpanContext()
	return IDs{Trace: c.TraceID().String(), Span: c.SpanID().String(), Sampled: c.IsSampled()}
}

// Of is the span that the context carries.
func Of(ctx context.Context) Span {
	if span := trace.SpanFromContext(ctx); span.SpanContext().IsValid() {
		return Span{span}
	}
	return Span{}
}
