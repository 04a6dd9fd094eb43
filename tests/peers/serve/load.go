package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// load is what a server is measured under.
type load struct {
	connections int
	duration    time.Duration
	rounds      int
	requests    string // a file with a request body a line
}

// figure is the result of one round; times are in milliseconds.
type figure struct {
	Rate   float64 `json:"rate"` // answers a second
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	Errors int     `json:"errors"` // answers other than 2xx, and none at all
}

func (f figure) String() string {
	return fmt.Sprintf("%8.0f req/s, p50 %6.2f ms, p99 %6.2f ms", f.Rate, f.P50, f.P99)
}

// median measures the server in rounds, after a short one to warm it up.
func (l load) median(ctx context.Context, url string) (figure, error) {
	if _, err := l.round(ctx, url, time.Second); err != nil {
		return figure{}, err
	}
	var all []figure
	for range max(1, l.rounds) {
		f, err := l.round(ctx, url, l.duration)
		if err != nil {
			return figure{}, err
		}
		all = append(all, f)
	}
	middle := func(of func(figure) float64) float64 {
		slices.SortFunc(all, func(a, b figure) int { return cmp.Compare(of(a), of(b)) })
		return of(all[len(all)/2])
	}
	return figure{
		Rate: middle(func(f figure) float64 { return f.Rate }), P50: middle(func(f figure) float64 { return f.P50 }),
		P99: middle(func(f figure) float64 { return f.P99 }),
	}, nil
}

// round runs wrk once. Any answer that is no prediction is an error: a server
// that refuses is fast.
func (l load) round(ctx context.Context, url string, length time.Duration) (figure, error) {
	cmd := exec.CommandContext(ctx, "wrk", "-t", "1", "-c", strconv.Itoa(l.connections), "-d",
		fmt.Sprintf("%ds", int(length.Seconds())),
		"--timeout", "10s", "-s", folder+"/post.lua", url, "--", l.requests)
	text, err := cmd.CombinedOutput()
	if err != nil {
		return figure{}, fmt.Errorf("wrk: %w: %s", err, text)
	}
	_, said, _ := bytes.Cut(text, []byte("figures: "))
	line, _, _ := bytes.Cut(said, []byte("\n"))
	var f figure
	if err := json.Unmarshal(line, &f); err != nil {
		return f, fmt.Errorf("wrk says no figures: %s", text)
	}
	if f.Errors > 0 {
		return f, fmt.Errorf("%d requests were not answered with a prediction: %s", f.Errors, text)
	}
	return f, nil
}
