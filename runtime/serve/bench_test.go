package serve_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// silence is a ResponseWriter that costs nothing.
type silence struct{ header http.Header }

func (s silence) Header() http.Header         { return s.header }
func (s silence) Write(b []byte) (int, error) { return len(b), nil }
func (s silence) WriteHeader(int)             {}

// BenchmarkHandler is what a prediction costs beside net/http: a forest of 100
// trees of depth 10, a request of one row, and one of a hundred.
func BenchmarkHandler(b *testing.B) {
	m := loans(b)
	m.Ensemble = forest(rand.New(rand.NewPCG(3, 3)), 100, 10, m.Encoder.Width())
	s := serving(b, prepared(b, m), serve.Config{})
	row := `[30, 129.5, "rent", "1", true, "2024-01-31"]`
	for name, body := range map[string]string{
		"positional": positional, "named": named, "batch of 100": `{"features": [` + strings.Repeat(row+",", 99) + row +
			`]}`, "wrong": `{"features": {"Agee": 1}}`,
	} {
		b.Run(name, func(b *testing.B) {
			h := s.Handler()
			reader := strings.NewReader(body)
			r := httptest.NewRequest(http.MethodPost, "/predict", nil)
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength, r.Body = int64(len(body)), io.NopCloser(reader)
			w := silence{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(body)
				h.ServeHTTP(w, r)
			}
		})
	}
}
