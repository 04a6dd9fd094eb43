package tracing

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// environment is OpenTelemetry's variables. Those of the batches and of a span's limits
// (OTEL_BSP_*, OTEL_SPAN_*) are read by the SDK.
type environment struct {
	getenv func(string) string
	warn   func(error)
}

// of is the variable of traces, or that of all signals.
func (e *environment) of(name string) string {
	return cmp.Or(e.getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), e.getenv("OTEL_EXPORTER_OTLP_"+name))
}

// ignored warns of a value that is none of those that there are.
func (e *environment) ignored(variable, value, want string) {
	e.warn(fmt.Errorf("%s %q: want %s", variable, shown(value), want))
}

// shown is a value that may be long, or a secret by mistake, cut short.
func shown(value string) string {
	const most = 40
	if len(value) > most {
		return value[:most] + "..."
	}
	return value
}

// target is where traces are sent; nil: nowhere.
func (e *environment) target() *url.URL {
	if e.enabled("OTEL_SDK_DISABLED") {
		return nil
	}
	exporter := e.getenv("OTEL_TRACES_EXPORTER")
	switch exporter {
	case "", "otlp":
	case "none":
		return nil
	default:
		e.ignored("OTEL_TRACES_EXPORTER", exporter, "otlp or none; nothing is sent")
		return nil
	}
	if p := e.of("PROTOCOL"); p != "" && p != "http/protobuf" {
		e.ignored("OTEL_EXPORTER_OTLP_PROTOCOL", p, "http/protobuf, usually port 4318; that is spoken")
	}
	if text := e.getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"); text != "" {
		return e.address("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", text)
	}
	text := e.getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	if text == "" && exporter == "otlp" {
		text = "http://localhost:4318"
	}
	if text == "" {
		return nil
	}
	u := e.address("OTEL_EXPORTER_OTLP_ENDPOINT", text)
	if u != nil {
		u = u.JoinPath("v1", "traces")
	}
	return u
}

func (e *environment) address(variable, text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		// The text is not repeated: a user and a password may be in it.
		e.warn(errors.New(variable + ": want a URL such as http://collector:4318, without a user; nothing is sent"))
		return nil
	}
	return u
}

// enabled reads a boolean as the specification has it: true is true, in any case of
// letters, and everything else false.
func (e *environment) enabled(variable string) bool {
	return strings.EqualFold(e.getenv(variable), "true")
}

// timeout bounds one attempt to send a batch.
func (e *environment) timeout() time.Duration {
	const otherwise = 10 * time.Second
	text := e.of("TIMEOUT")
	if text == "" {
		return otherwise
	}
	ms, err := strconv.Atoi(text)
	if err != nil || ms <= 0 || ms > int(time.Hour/time.Millisecond) {
		e.ignored("OTEL_EXPORTER_OTLP_TIMEOUT", text, "a number of milliseconds")
		return otherwise
	}
	return time.Duration(ms) * time.Millisecond
}

func (e *environment) compression() otlptracehttp.Compression {
	switch text := e.of("COMPRESSION"); text {
	case "gzip":
		return otlptracehttp.GzipCompression
	case "", "none":
	default:
		e.ignored("OTEL_EXPORTER_OTLP_COMPRESSION", text, "gzip or none")
	}
	return otlptracehttp.NoCompression
}

// headers are sent with each batch, and may hold a token.
func (e *environment) headers() map[string]string {
	out := map[string]string{}
	for _, p := range e.pairs("OTEL_EXPORTER_OTLP_HEADERS", e.of("HEADERS")) {
		out[p[0]] = p[1]
	}
	return out
}

// pairs reads a=b,c=d, with values that are escaped as in URLs.
func (e *environment) pairs(variable, text string) (out [][2]string) {
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		plain, err := url.PathUnescape(strings.TrimSpace(value))
		if key = strings.TrimSpace(key); !ok || key == "" || err != nil {
			// A value may be a token.
			e.warn(errors.New(variable + ": one of the pairs is not KEY=VALUE; it is left out"))
			continue
		}
		out = append(out, [2]string{key, plain})
	}
	return out
}

// resource is what all spans say of this process.
func (e *environment) resource(service, version string) []Attribute {
	out := []Attribute{Text("telemetry.sdk.language", "go"), Text("telemetry.sdk.name", "opentelemetry")}
	if version != "" {
		out = append(out, Text("service.version", version))
	}
	for _, p := range e.pairs("OTEL_RESOURCE_ATTRIBUTES", e.getenv("OTEL_RESOURCE_ATTRIBUTES")) {
		if p[0] == "service.name" {
			service = p[1]
			continue
		}
		out = append(out, Text(p[0], p[1]))
	}
	return append(out, Text("service.name", cmp.Or(e.getenv("OTEL_SERVICE_NAME"), service, "ashlar")))
}

// sampler decides which traces are sent. Parent-based ones do as the caller says, where
// a caller says anything.
func (e *environment) sampler() sdk.Sampler {
	const variable = "OTEL_TRACES_SAMPLER"
	ratio := func() sdk.Sampler {
		text := e.getenv(variable + "_ARG")
		r, err := strconv.ParseFloat(text, 64)
		if text != "" && (err != nil || !(r >= 0 && r <= 1)) {
			e.ignored(variable+"_ARG", text, "a number from 0 to 1")
		}
		if text == "" || err != nil || !(r >= 0 && r <= 1) {
			r = 1
		}
		return sdk.TraceIDRatioBased(r)
	}
	switch text := e.getenv(variable); text {
	case "always_on":
		return sdk.AlwaysSample()
	case "always_off":
		return sdk.NeverSample()
	case "traceidratio":
		return ratio()
	case "parentbased_always_off":
		return sdk.ParentBased(sdk.NeverSample())
	case "parentbased_traceidratio":
		return sdk.ParentBased(ratio())
	case "", "parentbased_always_on":
	default:
		e.ignored(variable, text, "always_on, always_off, traceidratio, parentbased_always_on, "+
			"parentbased_always_off or parentbased_traceidratio")
	}
	return sdk.ParentBased(sdk.AlwaysSample())
}

// propagates reports whether traces go on from one process to the next. Of the formats
// there is the W3C's; baggage is not passed on.
func (e *environment) propagates() bool {
	text := e.getenv("OTEL_PROPAGATORS")
	if text == "" {
		return true
	}
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	for _, n := range names {
		if n != "tracecontext" && n != "baggage" && n != "none" {
			e.ignored("OTEL_PROPAGATORS", n, "tracecontext or none")
		}
	}
	return slices.Contains(names, "tracecontext")
}
