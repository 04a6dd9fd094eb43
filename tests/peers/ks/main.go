// Command ks times the two-sample Kolmogorov-Smirnov test of many columns beside
// scipy on the same generated rows and prints the ratio, and how far the results
// are apart. It exists because speed is only worth claiming against a peer on the
// same machine; without Python or scipy it prints its own figures alone.
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
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/drift/statistic"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ks peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("ks", flag.ContinueOnError)
	rows := flags.Int("rows", 1_000_000, "rows a side")
	columns := flags.Int("columns", 20, "columns")
	python := flags.String("python", "/usr/bin/python3", "a Python with scipy")
	script := flags.String("script", "tests/peers/ks/peer.py", "the peer")
	rounds := flags.Int("rounds", 3, "how often to time each; the fastest counts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	a, b := generate(*columns, *rows)
	file := filepath.Join(dir, "columns.f64")
	if err := write(file, a, b); err != nil {
		return err
	}
	ours, peer := figure{Seconds: math.Inf(1)}, figure{Seconds: math.Inf(1)}
	for range *rounds {
		ours = ours.faster(test(a, b))
		f, err := ask(ctx, *python, *script, file, strconv.Itoa(*columns), strconv.Itoa(*rows))
		if err != nil {
			fmt.Fprintf(out, "scipy is not here: %v\n", err)
			break
		}
		peer = peer.faster(f)
	}
	fmt.Fprintf(out, "two-sample KS, %d columns of %d v %d: ashlar %.2f s", *columns, *rows, *rows, ours.Seconds)
	if !math.IsInf(peer.Seconds, 1) {
		statistic, p := ours.apart(peer)
		fmt.Fprintf(out, "; scipy %.2f s; %.1f times as fast; statistics at most %.1g apart, p-values %.1g",
			peer.Seconds, peer.Seconds/ours.Seconds, statistic, p)
	}
	fmt.Fprintln(out)
	return nil
}

// figure is what the tests took and what they said.
type figure struct {
	Seconds    float64   `json:"seconds"`
	Statistics []float64 `json:"statistics"`
	PValues    []float64 `json:"pvalues"`
}

func (f figure) faster(other figure) figure {
	if other.Seconds < f.Seconds {
		return other
	}
	return f
}

// apart is the largest difference between two figures' results.
func (f figure) apart(other figure) (statistic, p float64) {
	for i := range f.Statistics {
		statistic = max(statistic, math.Abs(f.Statistics[i]-other.Statistics[i]))
		p = max(p, math.Abs(f.PValues[i]-other.PValues[i]))
	}
	return statistic, p
}

func test(a, b [][]float64) figure {
	start := time.Now()
	results := statistic.KSColumns(a, b)
	f := figure{Seconds: time.Since(start).Seconds()}
	for _, r := range results {
		f.Statistics, f.PValues = append(f.Statistics, r.Statistic), append(f.PValues, r.PValue)
	}
	return f
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

// generate makes columns of several shapes, every other one of them drifted a little.
func generate(columns, rows int) (a, b [][]float64) {
	random := rand.New(rand.NewPCG(1, 0))
	for c := range columns {
		sides := [2][]float64{make([]float64, rows), make([]float64, rows)}
		for s := range sides {
			for i := range sides[s] {
				v := random.NormFloat64() + float64(s*(c%2))/200
				switch c % 4 {
				case 1:
					v = math.Exp(v)
				case 2:
					v = math.Round(v * 1000)
				case 3:
					v *= math.Abs(v)
				}
				sides[s][i] = v
			}
		}
		a, b = append(a, sides[0]), append(b, sides[1])
	}
	return a, b
}

func write(name string, a, b [][]float64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	value := make([]byte, 0, 8)
	for c := range a {
		for _, side := range [][]float64{a[c], b[c]} {
			for _, v := range side {
				if _, err := w.Write(binary.LittleEndian.AppendUint64(value[:0], math.Float64bits(v))); err != nil {
					return err
				}
			}
		}
	}
	return w.Flush()
}
