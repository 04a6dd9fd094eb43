// Command credit checks our forest and our boosting against scikit-learn's on the
// credit example: the same rows to train on, the same rows to score, over many
// splits, because on one split of 4,454 rows luck moves the area under the curve
// by more than any difference between the two.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/evaluate"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

const modelName = "default-risk"

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "credit peers:", err)
		os.Exit(1)
	}
}

// split is one division of the rows, 0-based, as the peer reads it.
type split struct {
	Train []int `json:"train"`
	Test  []int `json:"test"`
}

// question is what the peer is asked: the same work on the same rows.
type question struct {
	File     string   `json:"file"`
	Target   string   `json:"target"`
	Positive string   `json:"positive"`
	Features []string `json:"features"`
	Model    string   `json:"model"`
	Splits   []split  `json:"splits"`
}

// answer is the mean over the splits.
type answer struct {
	AUC     float64 `json:"roc_auc"`
	Seconds float64 `json:"seconds"` // of fitting, a split
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("credit", flag.ContinueOnError)
	splits := flags.Int("splits", 20, "how many splits")
	python := flags.String("python", "/usr/bin/python3", "a Python with sklearn and pandas")
	dir := flags.String("dir", "blueprints/examples/credit", "the example")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := blueprints.LoadDir(*dir, "dev")
	if err != nil {
		return err
	}
	m := p.Models[modelName]
	d := p.Datasets[m.Dataset]
	frame, err := dataset.ReadAll(ctx, d, dataset.Options{Dir: *dir})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		title, peer, algorithm string
		params                 plan.Params
	}{
		{"forest of 100 trees, depth 10", "RandomForest", plan.RandomForest,
			plan.Params{"n_estimators": 100.0, "max_depth": 10.0}},
		{"boosting, 100 rounds", "HistGradientBoosting", plan.GradientBoosting, plan.Params{"max_iter": 100.0}},
	} {
		m.Algorithm, m.Params, m.CrossValidation, m.Search = c.algorithm, c.params, nil, nil
		q := question{File: filepath.Join(*dir, d.Source), Target: m.Target, Positive: m.Positive,
			Features: m.Features, Model: c.peer}
		ours, err := fit(ctx, train.Spec{Name: modelName, Model: m, Dataset: d}, frame, *splits, &q)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s, %d splits: ashlar AUC %.4f, %.3f s a fit", c.title, *splits, ours.AUC, ours.Seconds)
		if peer, err := ask(ctx, *python, q); err != nil {
			fmt.Fprintf(out, "; scikit-learn is not here: %v\n", err)
		} else {
			fmt.Fprintf(out, "; scikit-learn %.4f, %.3f s; difference %+.4f, time ratio %.2f\n", peer.AUC, peer.Seconds,
				ours.AUC-peer.AUC, ours.Seconds/peer.Seconds)
		}
	}
	return nil
}

// fit fits and scores a model a split and notes the splits in the question.
func fit(ctx context.Context, spec train.Spec, frame *dataset.Frame, splits int, q *question) (answer, error) {
	var mean answer
	for seed := range splits {
		spec.Seed = uint64(seed)
		began := time.Now()
		fitted, err := train.Fit(ctx, spec, frame, train.Options{})
		if err != nil {
			return mean, err
		}
		mean.Seconds += time.Since(began).Seconds() / float64(splits)
		report, err := evaluate.Evaluate(ctx, fitted.Model, frame.Select(fitted.Test), evaluate.Spec{
			Name: spec.Name, Model: spec.Model, Dataset: spec.Dataset, Labels: fitted.Model.Signature.Labels,
		})
		if err != nil {
			return mean, err
		}
		auc, ok := report.Metrics["roc_auc"]
		if !ok {
			return mean, fmt.Errorf("split %d: roc_auc is undefined: %s", seed, report.Undefined["roc_auc"])
		}
		mean.AUC += auc / float64(splits)
		q.Splits = append(q.Splits, split{fitted.Train, fitted.Test})
	}
	return mean, nil
}

func ask(ctx context.Context, python string, q question) (answer, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	command := exec.CommandContext(ctx, python, "tests/peers/credit/peer.py")
	command.Stdin = bytes.NewReader(text)
	told, err := command.Output()
	if err != nil {
		return answer{}, err
	}
	peer := answer{AUC: math.NaN()}
	return peer, json.Unmarshal(told, &peer)
}
