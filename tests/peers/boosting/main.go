// Command boosting times gradient boosting beside XGBoost and scikit-learn on
// the same generated rows and prints the ratios. It exists because speed is only
// worth claiming against a peer on the same machine; without Python or a library
// it prints its own figures alone.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/boosting"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "boosting peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("boosting", flag.ContinueOnError)
	rows := flags.Int("rows", 800_000, "training rows")
	test := flags.Int("test-rows", 200_000, "rows to score")
	features := flags.Int("features", 28, "features")
	python := flags.String("python", "/usr/bin/python3", "a Python with xgboost and sklearn")
	script := flags.String("script", "tests/peers/boosting/peer.py", "the peer")
	rounds := flags.Int("rounds", 1, "how often to time each; the fastest counts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	x, y := generate(*rows+*test, *features)
	file := filepath.Join(dir, "rows.f32")
	if err := write(file, x, y); err != nil {
		return err
	}
	for _, c := range comparisons() {
		ours, peer := figure{Seconds: math.Inf(1)}, figure{Seconds: math.Inf(1)}
		for range *rounds {
			f, err := fit(ctx, x, y, *rows, c.params)
			if err != nil {
				return err
			}
			ours = ours.faster(f)
			f, err = ask(ctx, *python, *script, file, strconv.Itoa(*rows), strconv.Itoa(*features),
				strconv.Itoa(*test), c.peer)
			if err != nil {
				fmt.Fprintf(out, "%s is not here: %v\n", c.peer, err)
				break
			}
			peer = peer.faster(f)
		}
		fmt.Fprintf(out, "boosting %d x %d, %s: ashlar %.2f s, AUC %.4f", *rows, *features,
			c.shape, ours.Seconds, ours.AUC)
		if !math.IsInf(peer.Seconds, 1) {
			fmt.Fprintf(out, "; %s %.2f s, AUC %.4f; time ratio %.2f", c.peer, peer.Seconds, peer.AUC,
				ours.Seconds/peer.Seconds)
		}
		fmt.Fprintln(out)
	}
	return nil
}

// comparison is one peer and the parameters that make us do the same work.
type comparison struct {
	peer, shape string
	params      plan.Params
}

func comparisons() []comparison {
	return []comparison{
		{"xgboost", "100 trees of depth 6", plan.Params{
			"max_iter": 100.0, "learning_rate": 0.1, "max_depth": 6.0, "max_leaf_nodes": nil,
			"min_samples_leaf": 1.0, "l2_regularization": 1.0,
		}},
		{"sklearn", "100 trees of 31 leaves", plan.Params{"max_iter": 100.0}},
	}
}

// figure is what a fit took and how well it scores.
type figure struct {
	Seconds float64 `json:"seconds"`
	AUC     float64 `json:"roc_auc"`
}

func (f figure) faster(other figure) figure {
	if other.Seconds < f.Seconds {
		return other
	}
	return f
}

func fit(ctx context.Context, x *model.Matrix, y []float64, rows int, params plan.Params) (figure, error) {
	train := &model.Matrix{Rows: rows}
	for _, column := range x.Columns {
		train.Columns = append(train.Columns, column[:rows])
	}
	start := time.Now()
	e, err := boosting.Fit(ctx, train, y[:rows], boosting.Options{Task: plan.Binary, Params: params})
	if err != nil {
		return figure{}, err
	}
	f := figure{Seconds: time.Since(start).Seconds()}
	f.AUC = auc(y[rows:], scores(e, x, rows))
	return f, nil
}

func ask(ctx context.Context, python string, args ...string) (figure, error) {
	command := exec.CommandContext(ctx, python, args...)
	command.Stderr = io.Discard
	text, err := command.Output()
	if err != nil {
		return figure{}, err
	}
	var f figure
	return f, json.Unmarshal(text, &f)
}

// scores returns the scores of the rows from the given one on.
func scores(e *model.Ensemble, x *model.Matrix, from int) []float64 {
	out := make([]float64, x.Rows-from)
	for i := range out {
		for k := range e.Trees {
			t := &e.Trees[k]
			at := int32(0)
			for t.Feature[at] >= 0 {
				if x.Columns[t.Feature[at]][from+i] <= t.Threshold[at] {
					at = t.Left[at]
				} else {
					at = t.Right[at]
				}
			}
			out[i] += t.Leaf[t.Left[at]]
		}
	}
	return out
}

// auc is the share of pairs that the scores put in order; equal scores are too
// rare here to matter.
func auc(y, score []float64) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return score[order[a]] < score[order[b]] })
	ranks, positives := 0.0, 0.0
	for rank, i := range order {
		ranks += y[i] * float64(rank+1)
		positives += y[i]
	}
	return (ranks - positives*(positives+1)/2) / (positives * (float64(len(y)) - positives))
}

// generate makes rows shaped like the HIGGS data: skewed momenta, angles and
// masses, a few of which tell signal from background alone and in pairs. Values
// are float32, which is what the peers read.
func generate(rows, features int) (*model.Matrix, []float64) {
	random := rand.New(rand.NewPCG(1, 0))
	x := &model.Matrix{Rows: rows, Columns: make([][]float64, features)}
	for f := range x.Columns {
		x.Columns[f] = make([]float64, rows)
		for i := range x.Columns[f] {
			v := random.NormFloat64()
			switch f % 3 {
			case 0:
				v = math.Exp(v / 2)
			case 1:
				v = random.Float64()*2*math.Pi - math.Pi
			}
			x.Columns[f][i] = float64(float32(v))
		}
	}
	y := make([]float64, rows)
	for i := range y {
		c := func(f int) float64 { return x.Columns[f%features][i] }
		score := c(0)*math.Cos(c(1)) + c(3)*math.Cos(c(4)) + c(2)*c(5) +
			0.8*c(8) - 0.7*(c(6)-1)*c(11) + 0.5*math.Abs(c(14)) - 0.3
		if score+random.NormFloat64()*0.8 > 0 {
			y[i] = 1
		}
	}
	return x, y
}

func write(name string, x *model.Matrix, y []float64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	row := make([]byte, 0, 4*(len(x.Columns)+1))
	for i := range y {
		row = row[:0]
		for _, column := range x.Columns {
			row = binary.LittleEndian.AppendUint32(row, math.Float32bits(float32(column[i])))
		}
		row = binary.LittleEndian.AppendUint32(row, math.Float32bits(float32(y[i])))
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	return w.Flush()
}
