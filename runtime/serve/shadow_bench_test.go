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

// BenchmarkRouting is what a release costs a prediction of one row, without a network:
// none under way, a canary of 10 %, and a shadow. What a shadow costs of the p99 over a
// network is what tests/peers/serving measures.
func BenchmarkRouting(b *testing.B) {
	m := loans(b)
	m.Ensemble = forest(rand.New(rand.NewPCG(3, 3)), 100, 10, m.Encoder.Width())
	prepared(b, m)
	for _, name := range []string{"alone", "canary", "shadow"} {
		b.Run(name, func(b *testing.B) {
			s := newServer(b)
			old, next := load(b, s, 1, m), load(b, s, 2, m)
			r := serve.Routing{Main: old}
			arm := serve.Arm{Loaded: next, Percent: 10, Tally: &serve.Tally{}}
			switch name {
			case "canary":
				r.Beside = []serve.Arm{arm}
			case "shadow":
				r.Compare = serve.NewComparer(serve.CompareConfig{Shadow: &arm})
				defer r.Compare.Close()
			}
			route(b, s, r)
			h, reader := s.Handler(), strings.NewReader(positional)
			req := httptest.NewRequest(http.MethodPost, "/predict", nil)
			req.Header.Set("Content-Type", "application/json")
			req.ContentLength, req.Body = int64(len(positional)), io.NopCloser(reader)
			w := silence{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(positional)
				h.ServeHTTP(w, req)
			}
		})
	}
}
