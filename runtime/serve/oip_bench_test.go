package serve_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// wide is a forest over 13 numbers: 100 trees of depth 10.
func wide(b *testing.B) *model.Model {
	b.Helper()
	m := &model.Model{Name: "wide", Task: plan.Binary, Algorithm: plan.RandomForest,
		Signature: model.Signature{Target: "y", Labels: []string{"no", "yes"}}}
	for i := range 13 {
		name := fmt.Sprintf("x%d", i)
		m.Signature.Inputs = append(m.Signature.Inputs, model.Field{Name: name, Type: plan.Number, Nullable: true})
		m.Encoder.Fields = append(m.Encoder.Fields, model.FieldEncoder{Name: name, Type: plan.Number})
	}
	m.Ensemble = forest(rand.New(rand.NewPCG(7, 7)), 100, 10, 13)
	return prepared(b, m)
}

// BenchmarkTensors scores 1,000 rows a request, without a network, and the same
// rows by the model alone.
func BenchmarkTensors(b *testing.B) {
	const rows = 1000
	m := wide(b)
	r := rand.New(rand.NewPCG(1, 1))
	var inputs []string
	var raw []byte
	values := make([][]float64, 13)
	for i := range values {
		inputs = append(inputs, fmt.Sprintf(`{"name": "x%d", "datatype": "FP64", "shape": [%d],
			"parameters": {"binary_data_size": %d}}`, i, rows, 8*rows))
		for range rows {
			values[i] = append(values[i], r.Float64()*60)
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(values[i][len(values[i])-1]))
		}
	}
	text := `{"inputs": [` + strings.Join(inputs, ",") + `], "parameters": {"binary_data_output": true}}`
	body := append([]byte(text), raw...)
	b.Run("model", func(b *testing.B) {
		s := m.NewScorer()
		for range b.N {
			for row := range rows {
				for i := range values {
					s.SetFloat(i, values[i][row])
				}
				s.Score()
			}
		}
	})
	b.Run("served", func(b *testing.B) {
		s := serving(b, m, serve.Config{})
		b.ReportAllocs()
		for range b.N {
			q := httptest.NewRequest(http.MethodPost, "/v2/models/wide/infer", bytes.NewReader(body))
			q.Header.Set("Content-Type", "application/octet-stream")
			q.Header.Set("Inference-Header-Content-Length", strconv.Itoa(len(text)))
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, q)
			if w.Code != http.StatusOK {
				b.Fatal(w.Code, w.Body)
			}
		}
	})
}
