// Package collector is an OpenTelemetry collector for tests: it takes traces by OTLP over
// HTTP on the loopback, reads the real messages, and misbehaves where a test wants it to.
package collector

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	received "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one that was received; ids are in hexadecimal digits, and "" where none is given.
type Span struct {
	Name, Trace, ID, Parent string
	Kind                    string            // as the protocol spells it, such as SPAN_KIND_SERVER
	Failed                  bool              // its status is an error
	Reason                  string            // the status's message
	Attributes, Resource    map[string]string // values as text
	Start, End              time.Time
}

// Collector takes spans until its test ends.
type Collector struct {
	URL string // for OTEL_EXPORTER_OTLP_ENDPOINT
	web *httptest.Server

	mu       sync.Mutex
	spans    []Span
	requests int
	headers  http.Header // of the last request
	instead  func(http.ResponseWriter, *http.Request) bool
}

// New starts a collector.
func New(t testing.TB) *Collector {
	c := &Collector{}
	c.web = httptest.NewServer(http.HandlerFunc(c.take))
	c.URL = c.web.URL
	t.Cleanup(c.web.Close)
	return c
}

// Instead has requests answered otherwise, for as long as the function says that it did;
// nil: as they should be.
func (c *Collector) Instead(f func(http.ResponseWriter, *http.Request) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.instead = f
}

// Environment is that of a process that sends its traces here.
func (c *Collector) Environment(more map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := more[name]; ok {
			return v
		}
		if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
			return c.URL
		}
		return ""
	}
}

func (c *Collector) take(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.requests++
	c.headers = r.Header.Clone()
	instead := c.instead
	c.mu.Unlock()
	if instead != nil && instead(w, r) {
		return
	}
	found, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.spans = append(c.spans, found...)
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
	text, _ := proto.Marshal(&received.ExportTraceServiceResponse{})
	_, _ = w.Write(text)
}

func read(r *http.Request) ([]Span, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		plain, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = plain
	}
	text, err := io.ReadAll(io.LimitReader(body, 16<<20))
	if err != nil {
		return nil, err
	}
	var sent received.ExportTraceServiceRequest
	if err := proto.Unmarshal(text, &sent); err != nil {
		return nil, err
	}
	var out []Span
	for _, of := range sent.GetResourceSpans() {
		resource := texts(of.GetResource().GetAttributes())
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				out = append(out, Span{Name: s.GetName(), Trace: hex.EncodeToString(s.GetTraceId()),
					ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
					Kind: s.GetKind().String(), Failed: s.GetStatus().GetCode() == 2,
					Reason:     s.GetStatus().GetMessage(),
					Attributes: texts(s.GetAttributes()), Resource: resource,
					Start: time.Unix(0, int64(s.GetStartTimeUnixNano())), //nolint:gosec // before 2262
					End:   time.Unix(0, int64(s.GetEndTimeUnixNano()))})  //nolint:gosec // the same
			}
		}
	}
	return out, nil
}

func texts(all []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range all {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			out[a.GetKey()] = v.StringValue
		case *common.AnyValue_IntValue:
			out[a.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[a.GetKey()] = a.GetValue().String()
		}
	}
	return out
}

// Spans are those that were received.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

// Requests is how many batches came, and the headers of the last.
func (c *Collector) Requests() (int, http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests, c.headers
}

// Named are the spans of that name.
func (c *Collector) Named(name string) (out []Span) {
	for _, s := range c.Spans() {
		if s.Name == name {
			out = append(out, s)
		}
	}
	return out
}

// One is the only span of that name.
func (c *Collector) One(t testing.TB, name string) Span {
	t.Helper()
	found := c.Named(name)
	if len(found) != 1 {
		var names []string
		for _, s := range c.Spans() {
			names = append(names, s.Name)
		}
		t.Fatalf("%d spans %q; there are %q", len(found), name, names)
	}
	return found[0]
}
