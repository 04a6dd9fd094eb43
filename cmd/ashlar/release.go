package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/rollout"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// releaseApp is what the verbs under `ashlar release` share.
type releaseApp struct {
	*app
	state, environment, endpoint, by string
	registry                         string // of a cluster; "": the local stack's
}

func releaseVerb(a *app) *cobra.Command {
	r := &releaseApp{app: a}
	c := &cobra.Command{
		Use:   "release",
		Short: "Show and steer the releases of model versions",
		Long: `A release moves the traffic of an endpoint to a new version of its model, as the
endpoint's strategy says. Release works with the local stack, whether ashlar up runs
or not, or with a cluster if --registry or ASHLAR_DATABASE is set: what it is asked to do
is written to the audit log of the registry, and ashlar up, or the pod of the cluster that
releases versions, does it within seconds, or when it starts.`,
		Example: `  ashlar release status
  ashlar release status --registry 'postgres://ada@host:5432/ashlar?search_path=acme_credit__prod'
  ashlar release promote --full
  ashlar release abort --reason "complaints from the branches"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	stateFlag(c.PersistentFlags(), &r.state)
	envFlag(c.PersistentFlags(), &r.environment)
	c.PersistentFlags().StringVar(&r.endpoint, "endpoint", "", "the endpoint (default: the only one with a release)")
	c.PersistentFlags().StringVar(&r.registry, "registry", "",
		"a cluster's registry, postgres://user@host:5432/name?search_path=SCHEMA (default: $ASHLAR_DATABASE, else the local stack's)")
	c.AddCommand(releaseStatusVerb(r), releasePromoteVerb(r), releaseAbortVerb(r), releaseRetryVerb(r))
	return c
}

// with reads the releases for f, of the local stack or of a cluster.
func (r *releaseApp) with(ctx context.Context, args []string,
	f func(*registry.Registry, []*release.State) error) (err error) {
	here := len(args) > 0 || r.state != "" || r.environment != ""
	switch {
	case here && r.registry != "":
		return usageError("--registry is a cluster's registry, a folder, --state and --env are of a local stack; use one")
	case !here && r.registry == "":
		r.registry = r.getenv("ASHLAR_DATABASE")
	}
	if r.registry != "" {
		return r.remote(ctx, f)
	}
	return r.local(ctx, args, f)
}

// remote reads what a cluster's registry says of releases.
func (r *releaseApp) remote(ctx context.Context, f func(*registry.Registry, []*release.State) error) (err error) {
	reg, err := r.openRegistry(ctx, r.registry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reg.Close()) }()
	all, err := rollout.Logged(ctx, reg, r.now())
	if err != nil {
		return err
	}
	return f(reg, all)
}

// local opens the local state, which has every step.
func (r *releaseApp) local(ctx context.Context, args []string,
	f func(*registry.Registry, []*release.State) error) (err error) {
	state, err := local.OpenState(ctx, local.StateOf(dirArg(args), r.state, r.environment), r.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	all, err := state.Releases(ctx)
	if err != nil {
		return err
	}
	return f(state.Registry, all)
}

// chosen is the endpoint that is asked about.
func (r *releaseApp) chosen(all []*release.State) (*release.State, error) {
	var names []string
	for _, s := range all {
		names = append(names, s.Endpoint)
		if s.Endpoint == r.endpoint {
			return s, nil
		}
	}
	switch {
	case len(all) == 0:
		return nil, usageError("no endpoint has had a release; a version that replaces another has one where the endpoint's strategy is canary, blueGreen or shadow")
	case r.endpoint != "":
		return nil, usageError(fmt.Sprintf("endpoint %q has had no release; %s", r.endpoint,
			orElse(nearest.Hint(r.endpoint, names), "there is "+orNone(names))))
	case len(all) > 1:
		return nil, usageError("several endpoints have releases; name one with --endpoint: " + orNone(names))
	}
	return all[0], nil
}

// steer writes down what is wanted of the release.
func (r *releaseApp) steer(ctx context.Context, args []string, what, reason string) error {
	return r.with(ctx, args, func(reg *registry.Registry, all []*release.State) error {
		s, err := r.chosen(all)
		if err != nil {
			return err
		}
		of, err := subject(s, what)
		if err != nil {
			return err
		}
		want := registry.Release{Endpoint: s.Endpoint, Model: of.Model, Version: of.Version, What: what, Reason: reason}
		if err := reg.Releases().Steer(ctx, r.actor(r.by), want); err != nil {
			return err
		}
		if r.json() {
			return r.writeJSON(map[string]any{"endpoint": s.Endpoint, "model": of.Model, "version": of.Version,
				"asked": what, "reason": reason})
		}
		fmt.Fprintf(r.out, "%s: asked to %s version %d of %s; %s does it within seconds, or when it starts\n",
			s.Endpoint, what, of.Version, of.Model, r.doer())
		return nil
	})
}

// doer is who does what is asked.
func (r *releaseApp) doer() string {
	if r.registry != "" {
		return "the cluster's pod release-models"
	}
	return "ashlar up"
}

// subject is the version that is meant.
func subject(s *release.State, what string) (release.Version, error) {
	if what == release.WantRetry {
		if n := len(s.Refused); n > 0 {
			return s.Refused[n-1].Version, nil
		}
		return release.Version{}, usageError(s.Endpoint + ": no release was aborted, so there is none to retry")
	}
	if s.Current == nil || s.Current.Over() {
		return release.Version{}, usageError(fmt.Sprintf("%s: no release is under way; version %d has the traffic",
			s.Endpoint, s.Stable.Version))
	}
	return s.Current.To, nil
}

func releasePromoteVerb(r *releaseApp) *cobra.Command {
	var full bool
	c := &cobra.Command{
		Use:   "promote [DIR]",
		Short: "End the step that a release is in, or all of its steps",
		Long: `Promote ends the step that the release is in, whatever it waits for: a pause, a
person, or a verdict. With --full the version takes all traffic at once.`,
		Example: `  ashlar release promote
  ashlar release promote my-model --full --by ada`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			what := release.WantPromote
			if full {
				what = release.WantFull
			}
			return r.steer(c.Context(), args, what, "")
		},
	}
	c.Flags().BoolVar(&full, "full", false, "skip all steps that are left")
	identityFlag(c.Flags(), &r.by, "by", "who promotes")
	return c
}

func releaseAbortVerb(r *releaseApp) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "abort [DIR]",
		Short: "Give the traffic back to the version before",
		Long: `Abort ends the release and gives all traffic to the version before. The version is not
released again, unless ashlar release retry says so.`,
		Example: `  ashlar release abort --reason "complaints from the branches"`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return r.steer(c.Context(), args, release.WantAbort, reason)
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	identityFlag(c.Flags(), &r.by, "by", "who aborts")
	return c
}

func releaseRetryVerb(r *releaseApp) *cobra.Command {
	c := &cobra.Command{
		Use:     "retry [DIR]",
		Short:   "Release a version again that was aborted",
		Long:    `Retry releases the version again that was aborted last, from the first step on.`,
		Example: `  ashlar release retry`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return r.steer(c.Context(), args, release.WantRetry, "")
		},
	}
	identityFlag(c.Flags(), &r.by, "by", "who retries")
	return c
}
