package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

// spread are the ratios of the rounds.
type spread []float64

func (s spread) String() string {
	slices.Sort(s)
	return fmt.Sprintf("%5.2f  (%.2f to %.2f)", s[len(s)/2], s[0], s[len(s)-1])
}

// compare measures the first, and the others in between, by turns, and returns of each
// other the value of a round over the mean of the first's before and after it.
func (b *bench) compare(ctx context.Context, perSecond float64, of func(figure) float64, first target,
	others ...target) ([]spread, error) {
	ratios := make([]spread, len(others))
	ask := func(t target) (float64, error) {
		f, err := b.round(ctx, t, perSecond)
		return of(f), err
	}
	for range 2 { // the first warms up
		if _, err := ask(first); err != nil {
			return nil, err
		}
	}
	before, err := ask(first)
	if err != nil {
		return nil, err
	}
	for range b.rounds {
		for i, o := range others {
			other, err := ask(o)
			if err != nil {
				return nil, err
			}
			after, err := ask(first)
			if err != nil {
				return nil, err
			}
			ratios[i] = append(ratios[i], 2*other/(before+after))
			before = after
		}
	}
	return ratios, nil
}

func rate(f figure) float64 { return f.rate }
func p50(f figure) float64  { return f.p50.Seconds() }
func p99(f figure) float64  { return f.p99.Seconds() }

// bare prints what ours answers beside handlers of net/http.
func (b *bench) bare(ctx context.Context) error {
	for _, p := range protocols {
		ours := target{b.at.Addresses["door"], p.path, b.at.Key, p.body}
		decoding, reading := ours, ours
		decoding.address, reading.address = b.at.Addresses[p.name+" decoding"], b.at.Addresses["reading"]
		ratios, err := b.compare(ctx, 0, rate, ours, decoding, reading)
		if err != nil {
			return err
		}
		for i, what := range []string{"one that decodes with encoding/json  ", "one that only reads the body         "} {
			for k := range ratios[i] {
				ratios[i][k] = 1 / ratios[i][k]
			}
			fmt.Fprintf(b.out, "%-8s with a key, beside net/http: %s %s   (target %.2f)\n", p.name, what, ratios[i],
				[]float64{1.1, 0.85}[i])
		}
	}
	return nil
}

// access prints what is left of the requests a second where it has to be known who asks.
func (b *bench) access(ctx context.Context) error {
	open := target{b.at.Addresses["open"], protocols[0].path, "", protocols[0].body}
	by := func(header string) target { return target{b.at.Addresses["door"], open.path, header, open.body} }
	if err := b.decision(ctx); err != nil {
		return err
	}
	ratios, err := b.compare(ctx, 0, rate, open, by(b.at.Key), by(b.at.Token))
	if err != nil {
		return err
	}
	for i, what := range []string{"a key", "a JWT"} {
		fmt.Fprintf(b.out, "predict  with %s, beside no access:                                %s   (target 0.95)\n", what,
			ratios[i])
	}
	return nil
}

// decision prints what it takes to decide alone: the fastest of some rounds.
func (b *bench) decision(ctx context.Context) error {
	d, key, token, err := newDoor(ctx)
	if err != nil {
		return err
	}
	const times = 10_000
	var fastest [2]time.Duration
	for i, header := range []string{key, token} {
		_, value, _ := strings.Cut(strings.TrimSpace(header), ": ")
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/predict", http.NoBody)
		r.Header.Set("Authorization", value)
		for k := range b.rounds {
			began := time.Now()
			for range times {
				if _, no := d.Admit(r); no != nil {
					return fmt.Errorf("the door answers %d: %s", no.Status, no.Message)
				}
			}
			if took := time.Since(began) / times; k == 0 || took < fastest[i] {
				fastest[i] = took
			}
		}
	}
	fmt.Fprintf(b.out, "access   decides on a key in %s, on a JWT in %s\n", fastest[0], fastest[1])
	return nil
}

// shadow prints what a shadow costs the answers. The target is of the p99 at half of what
// the server could answer: flat out, every core is taken, so that whatever the shadow
// computes is time that answers have not, and a percentile of 16 connections that wait for
// each other is their rate in other words.
func (b *bench) shadow(ctx context.Context) error {
	alone := target{b.at.Addresses["open"], protocols[0].path, "", protocols[0].body}
	with := alone
	with.address = b.at.Addresses["shadow"]
	most, err := b.capacity(ctx, alone)
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name   string
		rate   float64
		of     func(figure) float64
		target string
	}{{"p99 at half of the capacity", most / 2, p99, "(target 1.10)"},
		{"p50 at half of the capacity", most / 2, p50, ""},
		{"p99 flat out", 0, p99, ""}, {"requests a second flat out", 0, rate, ""}} {
		ratios, err := b.compare(ctx, m.rate, m.of, alone, with)
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "shadow   beside none: %-48s %s   %s\n", m.name, ratios[0], m.target)
	}
	fmt.Fprintf(b.out, "         half of the capacity are %.0f requests a second\n", most/2)
	return nil
}

// capacity is how many requests a second a server answers: the median of the rounds.
func (b *bench) capacity(ctx context.Context, t target) (float64, error) {
	rates := make([]float64, b.rounds)
	for i := range rates {
		f, err := b.round(ctx, t, 0)
		if err != nil {
			return 0, err
		}
		rates[i] = f.rate
	}
	slices.Sort(rates)
	return rates[len(rates)/2], nil
}

// verdict prints what a verdict on a canary takes.
func (b *bench) verdict(context.Context) error {
	a := &plan.Analysis{Confidence: 0.95, MinRequests: 100, Metrics: map[string]plan.Predicate{
		plan.ErrorRate: {{Op: plan.Less, Value: 0.01}}, plan.Agreement: {{Op: plan.GreaterEqual, Value: 0.98}},
		"latency_p99": {{Op: plan.Less, Value: 0.05}}, plan.ErrorRateDifference: {{Op: plan.LessEqual, Value: 0.005}}}}
	r, err := judge.NewRecorder([]float64{0.05})
	if err != nil {
		return err
	}
	const requests, times = 1_000_000, 100
	for i := range requests {
		side := judge.Champion
		if i%10 == 0 {
			side = judge.Challenger
			r.Compared(1, min(1, i%700))
		}
		r.Assign(side, 10)
		r.Answered(side, 0.001, i%1111 == 0)
	}
	began := time.Now()
	v := judge.Judge(a, r.Observations(), 1)
	for range times - 1 {
		v = judge.Judge(a, r.Observations(), 1)
	}
	fmt.Fprintf(b.out, "verdict  on a canary of %d requests: %s in %.3f ms   (target 10 ms)\n", requests, v.Verdict,
		float64(time.Since(began).Microseconds())/1000/times)
	return nil
}
