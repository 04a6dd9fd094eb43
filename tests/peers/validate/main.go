// Command validate times the validation of a large CSV file beside pandas doing
// the same and prints the ratios of time and memory. It exists because a check
// that costs more than reading the data is a check that people leave out.
//
// Both sides are whole processes, timed from outside, because what a pipeline
// pays is the process: the interpreter's start and the peak of its memory
// included. This program starts itself again for our side.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "validate peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "side" {
		return side(ctx, args[1:], out)
	}
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	rows := flags.Int("rows", 1_000_000, "rows of the file")
	python := flags.String("python", "/usr/bin/python3", "a Python with pandas")
	script := flags.String("script", "tests/peers/validate/peer.py", "the peer")
	rounds := flags.Int("rounds", 3, "how often to time each; the fastest counts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "rows.csv")
	if err := generate(file, *rows); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d x 29, %d MB, each side the fastest of %d, in turns\n", *rows, info.Size()>>20, *rounds)
	for _, mode := range modes() {
		ours, peer := figure{seconds: math.Inf(1)}, figure{seconds: math.Inf(1)}
		for range *rounds {
			f, err := measured(ctx, self, "side", file, strconv.Itoa(*rows), mode.name)
			if err != nil {
				return err
			}
			ours = ours.faster(f)
			f, err = measured(ctx, *python, *script, file, strconv.Itoa(*rows), mode.name)
			if err != nil {
				fmt.Fprintf(out, "pandas is not here: %v\n", err)
				break
			}
			peer = peer.faster(f)
		}
		fmt.Fprintf(out, "%s: ashlar %s", mode.says, ours)
		if !math.IsInf(peer.seconds, 1) {
			fmt.Fprintf(out, "; pandas %s; ratios %.2f of the time, %.2f of the memory", peer,
				ours.seconds/peer.seconds, ours.megabytes/peer.megabytes)
		}
		fmt.Fprintln(out)
	}
	return nil
}

// figure is what a process took.
type figure struct {
	seconds   float64
	inside    float64 // without the start of the interpreter and its imports
	megabytes float64
}

func (f figure) String() string {
	return fmt.Sprintf("%.2f s (%.2f s inside), %.0f MB", f.seconds, f.inside, f.megabytes)
}

func (f figure) faster(other figure) figure {
	if other.seconds < f.seconds {
		return other
	}
	return f
}

// measured runs a process, which must say that everything holds.
func measured(ctx context.Context, name string, args ...string) (figure, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	began := time.Now()
	text, err := cmd.Output()
	f := figure{seconds: time.Since(began).Seconds()}
	if err != nil {
		return f, err
	}
	var said verdict
	if err := json.Unmarshal(text, &said); err != nil {
		return f, err
	}
	if !said.Holds {
		return f, fmt.Errorf("%s: the data do not hold what they were made to", name)
	}
	f.inside = said.Seconds
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.megabytes = float64(usage.Maxrss) / 1024
	}
	return f, nil
}

// verdict is what either side prints.
type verdict struct {
	Holds   bool    `json:"holds"`
	Seconds float64 `json:"seconds"`
}
