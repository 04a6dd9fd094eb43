package main

import (
	"errors"
	"os"
	"runtime/debug"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/cluster"
)

// engineRun is one run under the engine. Pulumi's context gives out config
// only by key; what it was started with says all keys, so that an unknown one
// is found.
type engineRun struct {
	values         map[string]string
	project, stack string
}

// capture keeps the config and whose it is.
func (e *engineRun) capture(info *pulumi.RunInfo) {
	e.values, e.project, e.stack = ours(info.Config, info.Project), info.Project, info.Stack
}

// program reads the config, loads the blueprints and deploys them. Problems
// of both are reported together.
func (e *engineRun) program(ctx *pulumi.Context) error {
	defer crash.Guard()                               // whichever goroutine the SDK runs it on
	defer debug.SetGCPercent(debug.SetGCPercent(200)) // much is made that is soon forgotten
	cfg, cfgErr := config.Read(e.values, e.project, e.stack, blueprintsKey)
	root := projectRoot(ctx.RootDirectory())
	dirs, err := chosen(root, e.values["ashlar:"+blueprintsKey])
	if err == nil {
		dirs, err = previewed(root, dirs, os.Getenv(previewOnly), ctx.DryRun())
	}
	if err != nil {
		return errors.Join(cfgErr, err)
	}
	in, err := load(dirs, cfg.Provider, cfg.Environment)
	if err := errors.Join(cfgErr, err); err != nil {
		return err
	}
	cfg.Now, cfg.Partial = time.Now(), os.Getenv(previewOnly) != ""
	cfg.Folders, cfg.Admission = in.folders, in.admission(cfg, cfg.Now)
	return fromHere(func() error { return aws.Program(in.plans, cfg, open)(ctx) })
}

// fromHere calls f with a stack of its own. The engine keeps with every resource the
// stack that it was registered on: what Pulumi's SDK and the runtime have below this was
// a tenth of a state.
func fromHere(f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer crash.Guard()
		done <- f()
	}()
	return <-done
}

// open finds a cluster by kubeconfig.
func open(kubeconfig, context, server string) (aws.Cluster, error) {
	c, err := cluster.Open(cluster.Target{Kubeconfig: kubeconfig, Context: context, Server: server})
	if err != nil {
		return nil, inputError{err}
	}
	return c, nil
}
