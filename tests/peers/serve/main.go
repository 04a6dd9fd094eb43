// Command serve times one prediction a request over HTTP beside FastAPI,
// uvicorn and scikit-learn: the same data, a forest of the same size, the same
// requests from the same load generator on the same machine. It exists because
// speed is only worth claiming against a peer; without Python it prints its own
// figures alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve peers:", err)
		os.Exit(1)
	}
}

// example is the blueprint that is run, data and file of requests.
const (
	example = "blueprints/examples/credit"
	data    = example + "/data/credit_data.csv"
	folder  = "tests/peers/serve"
)

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	var l load
	flags.IntVar(&l.connections, "connections", 16, "connections that are kept busy")
	flags.DurationVar(&l.duration, "duration", 5*time.Second, "of a round")
	flags.IntVar(&l.rounds, "rounds", 3, "how often to measure each; medians count")
	python := flags.String("python", "/usr/bin/python3", "a Python with fastapi, uvicorn and sklearn")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		return fmt.Errorf("wrk makes the load and is not here; Debian's package is wrk: %w", err)
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l.requests = filepath.Join(dir, "requests")
	if err := writeRequests(data, l.requests); err != nil {
		return err
	}
	ours, err := measure(ctx, l, func(ctx context.Context) (*server, error) { return startOurs(ctx, dir) })
	if err != nil {
		return fmt.Errorf("ashlar: %w", err)
	}
	fmt.Fprintf(out, "ashlar up, one process:                  %s\n", ours)
	for _, workers := range []int{1, 2} {
		peer, err := measure(ctx, l, func(ctx context.Context) (*server,
			error) {
			return startPeer(ctx, *python, workers)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(out, "fastapi, uvicorn and sklearn are not here: %v\n", err)
			return nil
		}
		fmt.Fprintf(out, "fastapi, uvicorn, sklearn, workers: %d    %s; ratio %.0f\n", workers,
			peer, ours.Rate/peer.Rate)
	}
	return nil
}

// measure starts a server, loads it and stops it.
func measure(ctx context.Context, l load, start func(context.Context) (*server, error)) (figure, error) {
	s, err := start(ctx)
	if err != nil {
		return figure{}, err
	}
	defer s.stop()
	return l.median(ctx, s.url)
}
