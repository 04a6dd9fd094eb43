// Command rare checks our boosting and our forest against XGBoost and
// scikit-learn on generated tables with classes of a few rows, where Newton
// steps go astray, and prints each one's log loss on rows that none has seen.
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
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/train/boosting"
	"github.com/ashlar-dev/ashlar/runtime/train/forest"
	"github.com/ashlar-dev/ashlar/runtime/train/histogram/reference"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rare peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rare", flag.ContinueOnError)
	rows := flags.Int("rows", 58_000, "rows of a table, three quarters of them to train on")
	seeds := flags.Int("seeds", 2, "tables of a kind")
	kinds := flags.String("kinds", "shuttle,blurred,fraud,faint,zipf", "kinds of tables")
	python := flags.String("python", "/usr/bin/python3", "a Python with xgboost and sklearn")
	script := flags.String("script", "tests/peers/rare/peer.py", "the peer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, kind := range strings.Split(*kinds, ",") {
		total := map[string]float64{}
		for seed := range *seeds {
			set := reference.Rare(kind, *rows, uint64(seed))
			found, err := losses(ctx, set, filepath.Join(dir, "rows.f32"), *python, *script)
			if err != nil {
				return err
			}
			for name, loss := range found {
				total[name] += loss / float64(*seeds)
			}
		}
		fmt.Fprintf(out, "%-8s %d x %d rows, log loss:", kind, *seeds, *rows)
		for _, name := range []string{"boosting", "forest", "xgboost", "sklearn"} {
			fmt.Fprintf(out, " %s %.5f", name, total[name])
		}
		fmt.Fprintln(out)
	}
	return nil
}

// losses fits every learner to one table; the loss of one that is not here is NaN.
func losses(ctx context.Context, set *reference.Set, file, python, script string) (map[string]float64, error) {
	classes := 1 + int(max(slices.Max(set.TrainY), slices.Max(set.TestY), 1))
	b, err := boosting.Fit(ctx, set.TrainX, set.TrainY, boosting.Options{Task: set.Task, Classes: classes})
	if err != nil {
		return nil, err
	}
	f, err := forest.Fit(ctx, set.TrainX, set.TrainY,
		forest.Options{Task: set.Task, Classes: classes, Params: plan.Params{}})
	if err != nil {
		return nil, err
	}
	out := map[string]float64{"boosting": set.LogLoss(b), "forest": set.LogLoss(f)}
	if err := write(file, set); err != nil {
		return nil, err
	}
	for _, peer := range []string{"xgboost", "sklearn"} {
		out[peer] = ask(ctx, python, script, file, strconv.Itoa(len(set.TrainY)), strconv.Itoa(len(set.TrainX.Columns)),
			strconv.Itoa(len(set.TestY)), strconv.Itoa(classes), peer)
	}
	return out, nil
}

func ask(ctx context.Context, python string, args ...string) float64 {
	text, err := exec.CommandContext(ctx, python, args...).Output()
	var a struct {
		Loss float64 `json:"log_loss"`
	}
	if err != nil || json.Unmarshal(text, &a) != nil {
		return math.NaN()
	}
	return a.Loss
}

// write writes the training rows, then the test rows.
func write(name string, set *reference.Set) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	part := func(x *model.Matrix, y []float64) {
		for i := range y {
			for _, column := range x.Columns {
				_ = binary.Write(w, binary.LittleEndian, float32(column[i])) // Flush has the error
			}
			_ = binary.Write(w, binary.LittleEndian, float32(y[i]))
		}
	}
	part(set.TrainX, set.TrainY)
	part(set.TestX, set.TestY)
	return w.Flush()
}
