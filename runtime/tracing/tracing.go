// Package tracing tells an OpenTelemetry collector what this process does, as spans
// sent by OTLP over HTTP. It is the only package that knows OpenTelemetry's, so that
// the others say what they do in three words and pay nothing where nobody listens.
//
// Traces are sent where OpenTelemetry's own variables say so, and only there; the
// specification's default of a collector on localhost is not taken, because a
// process that nobody told of a collector should not look for one. A collector that is
// down, slow or wrong costs spans and never an answer: spans wait in a bounded queue,
// what does not fit is dropped, and a variable that cannot be read is logged and
// ignored, as the specification wants it.
//
// A nil *Tracer is one that is off, and the zero Span is none: both are asked without
// being looked at first, and neither allocates.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// scope is what spans say has made them.
const scope = "github.com/ashlar-dev/ashlar/runtime"

// Config is what a Tracer is made of. The zero value of every field is usable.
type Config struct {
	Getenv  func(string) string // nil: this process's environment
	Service string              // service.name, where no variable gives one; "": ashlar
	Version string              // service.version; "": not said
	// Log hears of variables that are ignored, and of a collector that does not answer; nil:
	// silent.
	Log *slog.Logger
}

// Tracer makes spans, and sends them while the process goes on. It is safe for
// concurrent use; nil is off.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	passed   bool // trace contexts are read and passed on
}

// New returns a tracer, or nil where no variable asks for traces. It connects to
// nothing. Variables that are not understood are logged, and their defaults taken.
func New(ctx context.Context, cfg Config) (*Tracer, error) {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	env := &environment{getenv: cfg.Getenv, warn: func(err error) {
		cfg.Log.Warn("a variable of OpenTelemetry's is ignored", "error", err.Error())
	}}
	to := env.target()
	if to == nil {
		return nil, nil
	}
	secured, err := env.tls()
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	options := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(to.String()), otlptracehttp.WithCompression(env.compression()),
		otlptracehttp.WithHTTPClient(outbound.Client(outbound.Config{Timeout: env.timeout(), TLS: secured})),
	}
	if headers := env.headers(); len(headers) > 0 {
		options = append(options, otlptracehttp.WithHeaders(headers))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	cfg.Log.Info("traces are sent", "to", to.Redacted())
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&watched{SpanExporter: exporter, log: cfg.Log}),
		sdk.WithResource(resource.NewSchemaless(env.resource(cfg.Service, cfg.Version)...)),
		sdk.WithSampler(env.sampler()), sdk.WithIDGenerator(ids{}),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer(scope), passed: env.propagates()}, nil
}

// On reports whether spans are made.
func (t *Tracer) On() bool { return t != nil }

// closeWithin bounds what the end of a process waits for its last spans.
const closeWithin = 3 * time.Second

// Close sends what has not been sent, for a few seconds at most. What is lost then is
// no error: nothing but traces depends on it.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // watched says what could not be sent
}

// Attribute is a name and a value that a span says more by.
type Attribute = attribute.KeyValue

// Text is an attribute of a text.
func Text(key, value string) Attribute { return attribute.String(key, value) }

// Int is an attribute of a number.
func Int(key string, value int) Attribute { return attribute.Int(key, value) }
