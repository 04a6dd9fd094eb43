package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// pipelineVerbs is the list that a new `ashlar pipeline` verb is added to.
var pipelineVerbs = []func(*pipelineApp) *cobra.Command{
	pipelineListVerb, pipelineShowVerb, pipelineRunVerb, pipelineBackfillVerb, pipelineLogsVerb,
	pipelineGetVerb, pipelineLockVerb,
}

// pipelineApp is what the verbs under `ashlar pipeline` share: which blueprint.
type pipelineApp struct {
	*app
	dir, state, environment, as string
}

func pipelineVerb(a *app) *cobra.Command {
	p := &pipelineApp{app: a}
	c := &cobra.Command{
		Use:   "pipeline",
		Short: "List, show, run and backfill pipelines, and read their logs and outputs",
		Long: `Pipeline runs the blueprint's pipelines on this machine, without serving, and shows
their logs and outputs. Results are cached: a stage runs again only if its command,
params, environment or inputs have changed.`,
		Example: `  ashlar pipeline list
  ashlar pipeline show nightly
  ashlar pipeline run nightly --through train
  ashlar pipeline backfill nightly --from 2026-11-01 --to 2026-11-07
  ashlar pipeline logs nightly train`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	flags := c.PersistentFlags()
	dirFlag(flags, &p.dir)
	envFlag(flags, &p.environment)
	for _, verb := range pipelineVerbs {
		c.AddCommand(verb(p))
	}
	return c
}

// stateFlag adds the flag of verbs that look at what runs have left.
func (p *pipelineApp) stateFlag(c *cobra.Command) *cobra.Command {
	stateFlag(c.Flags(), &p.state)
	return c
}

// asking adds the flags of verbs that run something.
func (p *pipelineApp) asking(c *cobra.Command) {
	p.stateFlag(c)
	identityFlag(c.Flags(), &p.as, "as", "who starts the run, for the record")
}

// named loads the blueprint and finds the pipeline.
func (p *pipelineApp) named(name string) (*plan.Plan, plan.Pipeline, error) {
	loaded, err := loadPlan(p.dir, p.environment)
	if err != nil {
		return nil, plan.Pipeline{}, err
	}
	line, ok := loaded.Pipelines[name]
	if !ok {
		names := slices.Sorted(maps.Keys(loaded.Pipelines))
		hint := nearest.Hint(name, names)
		if hint == "" {
			hint = "there are " + orNone(names)
		}
		return nil, line, usageError(fmt.Sprintf("the blueprint has no pipeline %q; %s", name, hint))
	}
	return loaded, line, nil
}

// open opens the stack for f.
func (p *pipelineApp) open(ctx context.Context, loaded *plan.Plan, f func(*local.Stack) error) (err error) {
	shown := p.newProgress(p.out)
	stack, err := local.Open(ctx, local.Config{
		Plan: loaded, Dir: p.dir, State: local.StateOf(p.dir, p.state, loaded.Environment), Author: p.actor(p.as),
		Commit: revision.Commit(ctx, p.dir),
		Getenv: p.getenv, Now: p.now, Log: p.log(), Observe: shown.observe, Notice: p.notice,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	return f(stack)
}

// kept opens the state of a stack that has run.
func (p *pipelineApp) kept(ctx context.Context, f func(*local.State) error) (err error) {
	state, err := local.OpenState(ctx, local.StateOf(p.dir, p.state, p.environment), p.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	return f(state)
}
