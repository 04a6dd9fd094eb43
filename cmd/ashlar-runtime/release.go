package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
	"github.com/ashlar-dev/ashlar/runtime/rollout"
)

// releaseDuty follows the registry for the pods that serve: see package rollout.
func releaseDuty(a *app) *cobra.Command {
	var kind, account, listen, pods string
	c := &cobra.Command{
		Use:   "release",
		Short: "Bring new versions into the traffic of the plan's endpoints on this cluster",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(rollout.Kinds(), kind) {
				return inputError{fmt.Errorf("--kind %q: want %s", kind, strings.Join(rollout.Kinds(), " or "))}
			}
			var lc net.ListenConfig
			l, err := lc.Listen(c.Context(), "tcp", listen)
			if err != nil {
				return inputError{fmt.Errorf("listen on %s: %w", listen, err)}
			}
			defer l.Close()
			s, err := a.settings(needs{})
			if err != nil {
				return err
			}
			find, err := podsOf(pods, s.plan)
			if err != nil {
				return inputError{err}
			}
			workloads, err := rollout.InCluster(a.getenv, account, kind)
			if err != nil {
				return inputError{err}
			}
			return a.open(c.Context(), s, func(g *ground) error {
				rules, err := govern.NewRules(g.plan)
				if err != nil {
					return inputError{err}
				}
				a.log.Info("following", "endpoints", len(g.plan.Endpoints), "kind", kind)
				return follow(c.Context(), l, rollout.New(rollout.Config{Plan: g.plan, Workloads: workloads,
					Store: g.store, Registry: g.registry, Rules: rules, Author: g.author, Now: a.now, Log: a.log,
					Pods: find, Client: outbound.Client(outbound.Config{Timeout: onePod})}))
			})
		},
	}
	c.Flags().StringVar(&kind, "kind", rollout.Rollout, "what serves the endpoints: "+strings.Join(rollout.Kinds(), " or "))
	c.Flags().StringVar(&listen, "listen", ":8080", "the address on which /health and /ready are answered")
	c.Flags().StringVar(&pods, "pods", "",
		"where the pods of an endpoint answer, as host:port with "+endpointPlace+" for its name; strategies of the plan with several versions in a pod take it")
	c.Flags().StringVar(&account, "account", rollout.AccountDir,
		"the folder with the token of this pod, the certificates of the API server and the namespace")
	return c
}

// endpointPlace stands for an endpoint's name in --pods.
const endpointPlace = "{endpoint}"

// podsOf returns what finds an endpoint's pods; nil where no strategy asks them.
func podsOf(pods string, p *plan.Plan) (func(context.Context, string) ([]string, error), error) {
	if pods == "" {
		for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
			if s := p.Endpoints[name].Strategy; s.Beside() {
				return nil, fmt.Errorf("endpoint %s: strategy %s: say where its pods are with --pods", name, s.Kind())
			}
		}
		return nil, nil
	}
	host, port, err := net.SplitHostPort(pods)
	if err != nil || !strings.Contains(host, endpointPlace) {
		return nil, fmt.Errorf("--pods %q: want host:port with %s in the host", pods, endpointPlace)
	}
	return func(ctx context.Context, name string) ([]string, error) {
		return addresses(ctx, strings.ReplaceAll(host, endpointPlace, name), port)
	}, nil
}

// follow follows until ctx is done, and says meanwhile whether that works.
func follow(ctx context.Context, l net.Listener, r *rollout.Releaser) error {
	server := &http.Server{Handler: r.Handler(), ReadHeaderTimeout: poll}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer crash.Guard()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		r.Keep(gctx, poll)
		return server.Close()
	})
	return group.Wait()
}
