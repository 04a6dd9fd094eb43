package tracing

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// watched is an exporter whose failures are logged once, when they begin, and once when
// they have ended. A log with a line for each batch would be another outage.
type watched struct {
	sdk.SpanExporter
	log     *slog.Logger
	failing atomic.Bool
}

// ExportSpans sends a batch. It never errs: the SDK would print what it is told.
func (w *watched) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := w.SpanExporter.ExportSpans(ctx, spans)
	switch was := w.failing.Swap(err != nil); {
	case err != nil && !was:
		w.log.Warn("the collector takes no traces; they are lost until it does", "spans", len(spans),
			"error", bounded(err))
	case err == nil && was:
		w.log.Info("the collector takes traces again")
	}
	return nil
}

// bounded is an error that may repeat what the collector has answered, on one line.
func bounded(err error) string {
	const most = 300
	text := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
