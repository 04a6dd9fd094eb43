package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/peak"
)

const (
	// poll is how often decisions made elsewhere are looked for.
	poll = 2 * time.Second
	// grace is for load balancers to notice that a pod is leaving. Together with
	// the drain and the last save it stays below a pod's minute.
	grace    = 5 * time.Second
	lastSave = 15 * time.Second
)

func serveDuty(a *app) *cobra.Command {
	var name, listen string
	c := &cobra.Command{
		Use:   "serve --endpoint NAME",
		Short: "Serve an endpoint: /predict /health /ready /metrics /schema /drift",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if name == "" {
				return inputError{fmt.Errorf("name the endpoint with --endpoint")}
			}
			s, err := a.settings(needs{endpoint: name})
			if err != nil {
				return err
			}
			return a.open(c.Context(), s, func(g *ground) error { return a.serve(c.Context(), g, name, listen) })
		},
	}
	c.Flags().StringVar(&name, "endpoint", "", "the endpoint, as the blueprint names it")
	c.Flags().StringVar(&listen, "listen", ":8080", "the address to serve on")
	return c
}

// serve answers until ctx is done, then drains and hands on what was gathered.
// It answers /health at once, and /ready as soon as it has a version to serve.
func (a *app) serve(ctx context.Context, g *ground, name, listen string) error {
	e, err := a.endpoint(g, name)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	a.log.Info("serving", "endpoint", name, "address", l.Addr().String())
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer crash.Guard()
		return e.Server().Run(gctx, l)
	})
	group.Go(func() error {
		defer crash.Guard()
		endpoint.Keep(gctx, g.registry, poll, []*endpoint.Endpoint{e})
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		keepSaving(gctx, e, saveEvery(g.plan.Endpoints[name].Drift))
		return nil
	})
	err = group.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
	defer cancel()
	e.Save(last)
	e.Close()
	a.log.Info("ended", "endpoint", name)
	return err
}

func (a *app) endpoint(g *ground, name string) (*endpoint.Endpoint, error) {
	rules, err := govern.NewRules(g.plan)
	if err != nil {
		return nil, inputError{err}
	}
	metrics, err := endpoint.NewMetrics(g.plan)
	if err != nil {
		return nil, inputError{err}
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name of this replica: %w", err)
	}
	var memory func() int64
	if g.plan.Endpoints[name].Drift != nil { // a pod that watches nothing may not write to the store
		memory = peak.Watch()
	}
	return endpoint.New(endpoint.Config{
		Memory: memory, Plan: g.plan, Name: name, Store: g.store, Registry: g.registry, Rules: rules,
		Metrics: metrics, Author: g.author,
		Now: a.now, Log: a.log, Notice: func(line string) { a.log.Info(line) }, Replica: host, Grace: grace,
		TempDir: os.TempDir(), Getenv: a.getenv, Confine: a.confinement(g.settings),
	})
}

// keepSaving hands on what was gathered each so often.
func keepSaving(ctx context.Context, e *endpoint.Endpoint, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.Save(ctx)
		}
	}
}

// saveEvery is a tenth of a window, and neither so often that the store's
// requests cost anything nor so seldom that a killed pod loses much.
func saveEvery(d *plan.Drift) time.Duration {
	const least, most = 10 * time.Second, 5 * time.Minute
	if d == nil {
		return most
	}
	window, err := plan.ParseDuration(d.Window)
	if err != nil {
		return most
	}
	return min(max(window/10, least), most)
}
