package serve

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// log writes the access log: at debug level, failures always and every n-th
// success. It holds no feature values, and paths only where they are ours.
func (s *Server) log(r *http.Request, id string, start time.Time, out outcome, span tracing.Span) {
	logger := s.cfg.Log
	if !logger.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	if out.status < http.StatusBadRequest &&
		s.answered.Add(1)%uint64(s.cfg.LogEvery) != 0 { //nolint:gosec // New refuses negative ones
		return
	}
	path := r.URL.Path
	if _, ours := s.routes[path]; !ours && (formOf(path) == asJSON || out.status == http.StatusNotFound) {
		path = "(other)"
	}
	attrs := []slog.Attr{
		slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", path),
		slog.Int("status", out.status), slog.Duration("duration", s.cfg.Now().Sub(start)),
	}
	if ids := span.IDs(); ids.Trace != "" {
		attrs = append(attrs, slog.String("trace_id", ids.Trace), slog.String("span_id", ids.Span))
	}
	if out.code != "" {
		attrs = append(attrs, slog.String("code", out.code))
	}
	if out.caller != "" {
		attrs = append(attrs, slog.String("caller", out.caller))
	}
	if out.gen != nil {
		attrs = append(attrs, slog.String("model", out.gen.Model.Name), slog.Int("version", out.gen.Version),
			slog.Int("rows", out.rows))
	}
	logger.LogAttrs(context.Background(), slog.LevelDebug, "request", attrs...)
}
