// Command tensors times requests of the Open Inference Protocol with their rows in
// binary tensors beside the model alone, which scores the same rows in a loop on as
// many cores: what is left is what reading, checking and answering cost.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/train/forest"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tensors:", err)
		os.Exit(1)
	}
}

const features = 13

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("tensors", flag.ContinueOnError)
	rows := flags.Int("rows", 1000, "rows of a request")
	duration := flags.Duration("duration", 3*time.Second, "of a round")
	rounds := flags.Int("rounds", 3, "how often to measure each, by turns; the best count")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m, err := fit(ctx)
	if err != nil {
		return err
	}
	columns := values(*rows)
	body, header, err := request(columns)
	if err != nil {
		return err
	}
	s, err := serve.New(serve.Config{Endpoint: "bench",
		Limits: plan.Limits{MaxBatchRows: *rows, MaxBodyBytes: 1 << 26}})
	if err != nil {
		return err
	}
	if err := s.Swap(&serve.Served{Model: m, Version: 1}); err != nil {
		return err
	}
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	alone, served := 0.0, 0.0
	for range *rounds {
		alone = max(alone, rate(*duration, func() (int, error) { return score(m, columns), nil }))
		served = max(served, rate(*duration, func() (int, error) { return *rows, ask(ctx, web, body, header) }))
	}
	fmt.Fprintf(out, "100 trees of depth 10, %d features, %d rows a request, %d cores: the model alone %.0f rows/s, "+
		"/v2 in binary tensors %.0f rows/s; ratio %.2f (target 0.80)\n", features, *rows, runtime.GOMAXPROCS(0), alone, served,
		served/alone)
	return nil
}

// fit trains a forest on generated rows.
func fit(ctx context.Context) (*model.Model, error) {
	m := &model.Model{Name: "bench", Task: plan.Binary, Algorithm: plan.RandomForest, Params: plan.Params{},
		Signature: model.Signature{Target: "y", Labels: []string{"no", "yes"}}}
	for i := range features {
		name := fmt.Sprintf("x%d", i)
		m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: name, Type: plan.Number, Nullable: true})
		m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: name, Type: plan.Number})
	}
	const rows = 20_000
	x := &model.Matrix{Rows: rows, Columns: values(rows)}
	y, r := make([]float64, rows), rand.New(rand.NewPCG(3, 3))
	for i := range y {
		if x.Columns[0][i]*x.Columns[1][i]+x.Columns[2][i]+r.NormFloat64() > 0 {
			y[i] = 1
		}
	}
	var err error
	m.Ensemble, err = forest.Fit(ctx, x, y, forest.Options{Task: plan.Binary, Classes: 2,
		Params: plan.Params{"n_estimators": 100.0, "max_depth": 10.0}})
	if err != nil {
		return nil, err
	}
	return m, m.Prepare()
}

// values are columns of random numbers.
func values(rows int) [][]float64 {
	r := rand.New(rand.NewPCG(1, uint64(rows)))
	out := make([][]float64, features)
	for j := range out {
		out[j] = make([]float64, rows)
		for i := range out[j] {
			out[j][i] = r.NormFloat64()
		}
	}
	return out
}

// request is the columns as tensors behind the JSON.
func request(columns [][]float64) (body []byte, header int, err error) {
	inputs := make([]map[string]any, len(columns))
	var raw []byte
	for j, c := range columns {
		for _, v := range c {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
		inputs[j] = map[string]any{"name": fmt.Sprintf("x%d", j), "datatype": "FP64", "shape": []int{len(c)},
			"parameters": map[string]any{"binary_data_size": 8 * len(c)}}
	}
	text, err := json.Marshal(map[string]any{"inputs": inputs,
		"parameters": map[string]any{"binary_data_output": true}})
	return append(text, raw...), len(text), err
}

// score scores every row once.
func score(m *model.Model, columns [][]float64) int {
	s := m.NewScorer()
	for i := range columns[0] {
		for j := range columns {
			s.SetFloat(j, columns[j][i])
		}
		s.Score()
	}
	return len(columns[0])
}

// ask sends one request and reads its answer.
func ask(ctx context.Context, web *httptest.Server, body []byte, header int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, web.URL+"/v2/models/bench/infer", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Inference-Header-Content-Length", strconv.Itoa(header))
	answer, err := web.Client().Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d, %d bytes", answer.StatusCode, n)
	}
	return err
}

// rate is how many rows a second are done on all cores; 0 where one fails.
func rate(duration time.Duration, do func() (int, error)) float64 {
	var rows, failed atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(start) < duration && failed.Load() == 0 {
				n, err := do()
				if err != nil {
					fmt.Fprintln(os.Stderr, "tensors:", err)
					failed.Add(1)
				}
				rows.Add(int64(n))
			}
		})
	}
	wg.Wait()
	if failed.Load() > 0 {
		return 0
	}
	return float64(rows.Load()) / time.Since(start).Seconds()
}
