package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// protocol is a request of one row, and a struct that it decodes into.
type protocol struct {
	name, path, body string
	decode           func(io.Reader) (ok bool)
}

func protocols() []protocol {
	var v2 string
	for _, in := range []struct{ name, datatype, value string }{{"Age", "INT64", "30"}, {"Income", "FP64", "129.5"},
		{"Home", "BYTES", `"rent"`}, {"Band", "BYTES", `"1"`}, {"Member", "BOOL", "true"},
		{"Since", "BYTES", `"2024-01-31"`}} {
		v2 += fmt.Sprintf(`,{"name":"%s","datatype":"%s","shape":[1],"data":[%s]}`, in.name, in.datatype, in.value)
	}
	return []protocol{
		{"predict", "/predict", positional, func(r io.Reader) bool {
			var asked struct {
				Features []any `json:"features"`
			}
			return json.NewDecoder(r).Decode(&asked) == nil && len(asked.Features) > 0
		}},
		{"v2", "/v2/models/default-risk/infer", `{"inputs":[` + v2[1:] + `]}`, func(r io.Reader) bool {
			var asked struct {
				Inputs []struct {
					Name     string `json:"name"`
					Datatype string `json:"datatype"`
					Shape    []int  `json:"shape"`
					Data     []any  `json:"data"`
				} `json:"inputs"`
			}
			return json.NewDecoder(r).Decode(&asked) == nil && len(asked.Inputs) > 0
		}},
	}
}

// BenchmarkBare is a prediction of one row by 16 connections, as requests a second over
// those of net/http alone: of a handler that decodes the same request with encoding/json
// and answers a text (vs-decoding), and of one that only reads the body (vs-reading).
// Ours is behind Run, as it is in production, and knows who asks by a key; the others are
// behind net/http's server as it is.
// Rounds take turns, so that what else the machine does meets all; figures are medians.
func BenchmarkBare(b *testing.B) {
	m := loans(b)
	m.Ensemble = forest(mathrand.New(mathrand.NewPCG(3, 3)), 100, 10, m.Encoder.Width())
	prepared(b, m)
	door, key, _ := benchDoor(b)
	for _, p := range protocols() {
		b.Run(p.name, func(b *testing.B) {
			s := serving(b, m, serve.Config{Access: door})
			addresses := []string{
				listening(b, func(ctx context.Context, l net.Listener) error { return s.Run(ctx, l) }),
				listening(b, bare(func(w http.ResponseWriter, r *http.Request) {
					if !p.decode(r.Body) {
						w.WriteHeader(http.StatusBadRequest)
					}
					w.Header().Set("Content-Type", "application/json")
					_ = json.NewEncoder(w).Encode(map[string]any{"prediction": "good", "probability": 0.5})
				})),
				listening(b, bare(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(w, `{"prediction":"good","probability":0.5}`)
				})),
			}
			versus(b, func(i int) time.Duration { return asks(b, addresses[i], key, p.path, p.body) })
		})
	}
}

// bare serves a handler with net/http's server.
func bare(h http.HandlerFunc) func(context.Context, net.Listener) error {
	return func(ctx context.Context, l net.Listener) error {
		web := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
		context.AfterFunc(ctx, func() { _ = web.Close() })
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// listening runs a server until the benchmark ends, and returns its address.
func listening(b *testing.B, run func(context.Context, net.Listener) error) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, l) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return l.Addr().String()
}

// asks is the time that 16 connections take to ask 250 times each.
func asks(b *testing.B, address, header, path, body string) time.Duration {
	var all sync.WaitGroup
	begin := time.Now()
	for range 16 {
		all.Go(func() {
			if err := askWith(address, header, path, body, 250); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}

// versus reports the medians of the second's and the third's times over the first's.
func versus(b *testing.B, round func(i int) time.Duration) {
	var ratios [2][]float64
	b.ResetTimer()
	for range b.N {
		before := round(0)
		for i := range ratios {
			other := round(i + 1)
			after := round(0)
			ratios[i] = append(ratios[i], 2*other.Seconds()/(before+after).Seconds())
			before = after
		}
	}
	for i, what := range []string{"vs-decoding", "vs-reading"} {
		slices.Sort(ratios[i])
		b.ReportMetric(ratios[i][len(ratios[i])/2], what)
	}
}
