package main

import (
	"context"
	"errors"

	"github.com/ashlar-dev/ashlar/runtime/login"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracking"
)

// ground is what a duty stands on.
type ground struct {
	settings
	store    *store.Store
	registry *registry.Registry
}

// stand opens the store and the registry for f.
func (a *app) stand(ctx context.Context, s settings, f func(*ground) error) (err error) {
	g := &ground{settings: s}
	if g.store, err = store.Open(ctx, s.store); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.store.Close()) }()
	opt, err := a.options(ctx, s)
	if err != nil {
		return err
	}
	if g.registry, err = registry.Open(ctx, s.database.Database, opt); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.registry.Close()) }()
	return f(g)
}

func (a *app) options(ctx context.Context, s settings) (registry.Options, error) {
	how, err := login.New(ctx, s.database)
	return registry.Options{Now: a.now, Login: how}, err
}

// runner trains the plan's models.
func (a *app) runner(g *ground, trigger string) (*pipeline.Runner, error) {
	return pipeline.New(pipeline.Config{
		Plan: g.plan, Dir: g.data, Store: g.store, Registry: g.registry, Author: g.author, Trigger: trigger, Now: a.now, Log: a.log,
	})
}

// train brings the model to the registry. Whoever acts under this author's name
// acts alone, so a run of its that never ended was killed.
func (a *app) train(ctx context.Context, g *ground, model, trigger string) (pipeline.Outcome, error) {
	if err := pipeline.MarkInterrupted(ctx, g.store, model, g.author, a.now()); err != nil {
		return pipeline.Outcome{}, err
	}
	runner, err := a.runner(g, trigger)
	if err != nil {
		return pipeline.Outcome{}, err
	}
	o, err := runner.Build(ctx, model)
	tracks := tracking.New(tracking.Config{Plan: g.plan, Store: g.store, Getenv: a.getenv, Log: a.log})
	err = errors.Join(err, tracks.Run(ctx, o.Run))
	if err == nil {
		a.log.Info("trained", "model", model, "version", o.Version.Version, "status", o.Version.Status, "new", o.New(), "digest", o.Version.ModelDigest)
	}
	return o, err
}
