// Command explain times TreeSHAP beside XGBoost's pred_contribs: the same model,
// trained by XGBoost, the same rows and as many cores. It prints the ratio of the
// times and the greatest difference of a contribution.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/explain"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "explain peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	rows := flags.Int("rows", 200_000, "training rows")
	features := flags.Int("features", 28, "features")
	explained := flags.Int("explained", 1000, "rows to explain")
	depth := flags.Int("depth", 10, "depth of the trees")
	trees := flags.Int("trees", 100, "trees")
	python := flags.String("python", "/usr/bin/python3", "a Python with xgboost")
	script := flags.String("script", "tests/peers/explain/peer.py", "the peer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cores := runtime.GOMAXPROCS(0)
	peer, err := ask(ctx, *python, *script, dir, *rows, *features, *explained, *depth, *trees, cores)
	if err != nil {
		fmt.Fprintf(out, "xgboost is not here, and its model is what is explained: %v\n", err)
		return nil
	}
	m, err := load(filepath.Join(dir, "model.json"), *features)
	if err != nil {
		return err
	}
	x, err := matrix(filepath.Join(dir, "rows.f32"), *explained, *features)
	if err != nil {
		return err
	}
	want, err := matrix(filepath.Join(dir, "contributions.f32"), *explained, *features+1)
	if err != nil {
		return err
	}
	ours, prepared, worst, err := measure(ctx, m, x, want)
	if err != nil {
		return err
	}
	nodes := 0
	for i := range m.Ensemble.Trees {
		nodes += len(m.Ensemble.Trees[i].Feature)
	}
	fmt.Fprintf(out, "%d trees of depth %d (%d nodes), %d rows, %d cores: ashlar %.2f ms a row, XGBoost %.2f ms; "+
		"time ratio %.2f\n", *trees, *depth, nodes, *explained, cores, ours.Seconds()*1000/float64(*explained),
		peer*1000/float64(*explained), ours.Seconds()/peer)
	fmt.Fprintf(out, "prepared once in %.0f ms; greatest difference of a contribution %.1e\n",
		prepared.Seconds()*1000, worst)
	return nil
}

// ask runs the peer and returns its seconds.
func ask(ctx context.Context, python, script, dir string, numbers ...int) (float64, error) {
	args := []string{script, dir}
	for _, n := range numbers {
		args = append(args, strconv.Itoa(n))
	}
	text, err := exec.CommandContext(ctx, python, args...).Output()
	if err != nil {
		return 0, err
	}
	var found struct {
		Seconds float64 `json:"seconds"`
	}
	return found.Seconds, json.Unmarshal(text, &found)
}

// load reads the model over columns of numbers without names.
func load(file string, features int) (*model.Model, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	imported, err := native.Decode(plan.XGBoost, f)
	if err != nil {
		return nil, err
	}
	sig, enc := model.Signature{Target: "y", Labels: []string{"no", "yes"}}, model.Encoder{}
	for i := range features {
		name := fmt.Sprintf("column %d", i)
		sig.Inputs = append(sig.Inputs, model.Field{Name: name, Type: plan.Number})
		enc.Fields = append(enc.Fields, model.FieldEncoder{Name: name, Type: plan.Number})
	}
	return imported.Model("m", plan.Binary, sig, enc)
}

// matrix reads rows of 32-bit numbers.
func matrix(file string, rows, columns int) (*model.Matrix, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(b) != 4*rows*columns {
		return nil, fmt.Errorf("%s: %d bytes, want %d", file, len(b), 4*rows*columns)
	}
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, columns)}
	for j := range x.Columns {
		x.Columns[j] = make([]float64, rows)
		for i := range rows {
			bits := binary.LittleEndian.Uint32(b[4*(i*columns+j):])
			x.Columns[j][i] = float64(math.Float32frombits(bits))
		}
	}
	return x, nil
}

// measure explains all rows three times and returns the fastest, how long the
// preparation took, and the greatest difference from what is wanted.
func measure(ctx context.Context, m *model.Model, x, want *model.Matrix) (fastest, prepared time.Duration,
	worst float64, err error) {
	start := time.Now()
	e, err := explain.New(m)
	if err != nil {
		return 0, 0, 0, err
	}
	prepared, fastest = time.Since(start), time.Duration(math.MaxInt64)
	found := make([]float64, x.Rows*len(x.Columns))
	for range 3 {
		start := time.Now()
		err := e.Each(ctx, x, func(w *explain.Worker, i int, row []float64) {
			copy(found[i*len(x.Columns):], w.Columns(row, 0))
		})
		if err != nil {
			return 0, 0, 0, err
		}
		fastest = min(fastest, time.Since(start))
	}
	for i := range x.Rows {
		for j := range x.Columns {
			worst = max(worst, math.Abs(found[i*len(x.Columns)+j]-want.Columns[j][i]))
		}
		worst = max(worst, math.Abs(e.Base(0)-want.Columns[len(x.Columns)][i]))
	}
	return fastest, prepared, worst, nil
}
