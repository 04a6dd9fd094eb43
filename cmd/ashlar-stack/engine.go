package main

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// engineRun is one run under the engine. Pulumi's context gives out config
// only by key; what it was started with says all keys, so that an unknown one
// is found.
type engineRun struct {
	values map[string]string
}

// capture keeps the config. A project of another name has its keys in its own
// namespace: they are as good as ours.
func (e *engineRun) capture(info *pulumi.RunInfo) {
	e.values = maps.Clone(info.Config)
	for key, value := range info.Config {
		name, ok := strings.CutPrefix(key, info.Project+":")
		if _, set := info.Config[qualified(name)]; ok && !set {
			delete(e.values, key)
			e.values[qualified(name)] = value
		}
	}
}

// program reads the config, loads the blueprints and deploys them. Problems
// of both are reported together.
func (e *engineRun) program(ctx *pulumi.Context) error {
	defer crash.Guard() // whichever goroutine the SDK runs it on
	cfg, cfgErr := config.Read(e.values, blueprintsKey)
	dirs, err := chosen(projectRoot(ctx.RootDirectory()), e.values["ashlar:"+blueprintsKey])
	if err != nil {
		return errors.Join(cfgErr, err)
	}
	in, err := load(dirs, cfg.Environment)
	if err := errors.Join(cfgErr, err); err != nil {
		return err
	}
	cfg.Folders, cfg.Admission = in.folders, in.admission(cfg, time.Now())
	return aws.Program(in.plans, cfg)(ctx)
}
