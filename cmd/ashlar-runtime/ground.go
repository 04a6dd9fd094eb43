package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/login"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
	"github.com/ashlar-dev/ashlar/runtime/tracking"
)

// ground is what a duty needs.
type ground struct {
	settings
	store    *store.Store
	registry *registry.Registry
	tracer   *tracing.Tracer // nil: nobody asked for traces
}

// open opens the store and the registry for f.
func (a *app) open(ctx context.Context, s settings, f func(*ground) error) (err error) {
	g := &ground{settings: s}
	g.tracer, err = tracing.New(ctx, tracing.Config{Getenv: a.getenv, Service: "ashlar-runtime", Log: a.log})
	if err != nil {
		return inputError{err}
	}
	defer func() { g.tracer.Close(ctx) }()
	if g.store, err = store.Open(ctx, s.store); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.store.Close()) }()
	if s.database.Database == "" {
		return f(g)
	}
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

// confinement is what code of the user's own may do here. The machine is an image
// that was made for it, and open to it but for what is ours.
func (a *app) confinement(s settings) confine.Policy {
	closed := []string{a.getenv("ASHLAR_PLAN"), a.getenv(privacy.FileVariable), "/etc/ashlar",
		"/etc/ashlar-code", "/etc/ashlar-keys", "/etc/ashlar-secrets", "/etc/ashlar-tls"}
	for _, place := range []string{s.data, s.code, s.store} {
		if !strings.Contains(place, "://") {
			closed = append(closed, place)
		}
	}
	base := confine.Base(a.getenv, closed...)
	base.Machine = true
	return base
}

// runner runs the plan's pipelines. once leaves retries to whoever runs this.
func (a *app) runner(g *ground, trigger string, once bool) (*pipeline.Runner, error) {
	return pipeline.New(pipeline.Config{
		Plan: g.plan, Dir: g.data, Code: g.code, Store: g.store, Registry: g.registry, Author: g.author,
		Trigger: trigger, Now: a.now,
		Getenv: a.getenv, TempDir: os.TempDir(), Once: once, Log: a.log, Confine: a.confinement(g.settings),
		Tracer: g.tracer,
	})
}

// train runs the job. Whoever acts under this author's name acts alone, so a run
// of its that never ended was killed.
func (a *app) train(ctx context.Context, g *ground, job pipeline.Job, trigger string) (pipeline.Outcome, error) {
	if err := runs.MarkInterrupted(ctx, g.store, job.Name(), g.author, a.now()); err != nil {
		return pipeline.Outcome{}, err
	}
	runner, err := a.runner(g, trigger, false)
	if err != nil {
		return pipeline.Outcome{}, err
	}
	o, err := runner.BuildJob(ctx, job)
	tracks := tracking.New(tracking.Config{Plan: g.plan, Store: g.store, Getenv: a.getenv, Log: a.log})
	err = errors.Join(err, tracks.Run(ctx, o.Run))
	if err != nil && o.Run != nil && o.Run.Status == runs.Failed {
		if told := a.tell(context.WithoutCancel(ctx), g, o.Run); told != nil {
			a.log.Error("no notification of the failed run could be sent", "run", o.Run.ID, "error", told.Error())
		}
	}
	if err == nil {
		a.log.Info("trained", "model", o.Unit, "version", o.Version.Version, "status", o.Version.Status, "new",
			o.New(), "digest", o.Version.ModelDigest)
	}
	return o, err
}
