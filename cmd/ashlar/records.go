package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/login"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// recordRule is what findings of comparing evidence with a registry are filed
// under. Like pinRule it is no rule of a pack.
const recordRule = "pin/recorded"

// records finds the registry that evidence is compared with: the one that is
// named, else the local stack's where there is one.
type records struct {
	*app
	remote string // a cluster's registry, postgres://...; "" is the local stack's
	state  string // the local stack's folder; "" is .ashlar in the blueprint's folder
}

// records is where a check looks: in the named registry, else in that of the
// environment, which a flag's default must not show since it may hold a password.
func (a *app) records(remote string) records {
	return records{app: a, remote: cmp.Or(remote, a.getenv("ASHLAR_DATABASE"))}
}

// openRegistry opens a cluster's registry.
func (a *app) openRegistry(ctx context.Context, location string) (*registry.Registry, error) {
	if !strings.Contains(location, "://") {
		return nil, usageError("the registry of a cluster is a URL such as postgres://user@host:5432/name; a local stack's is found in its folder")
	}
	how, err := login.New(ctx, login.Config{
		Mode: a.getenv("ASHLAR_DATABASE_AUTH"), Database: location, Secret: a.getenv("ASHLAR_DATABASE_SECRET"), Region: a.getenv("AWS_REGION"),
	})
	if err != nil {
		return nil, err
	}
	return registry.Open(ctx, location, registry.Options{Now: a.now, Login: how, Patience: patience})
}

// comparing is how a check compares evidence.
func (r records) comparing(ctx context.Context) compareFunc {
	return func(dir string, pin plan.Pin, of govern.Promotion) (*policies.Finding, error) {
		return r.finding(ctx, dir, pin, of)
	}
}

// register is what the registry has of the model; nil where there is no registry
// at hand.
func (r records) register(ctx context.Context, dir, model string) (*govern.Register, error) {
	if r.remote != "" {
		reg, err := r.openRegistry(ctx, r.remote)
		if err != nil {
			return nil, err
		}
		out, err := registerOf(ctx, reg, model)
		out.Home = true
		return &out, errors.Join(err, reg.Close())
	}
	folder := local.StateFolder(dir, r.state)
	if _, err := os.Stat(filepath.Join(folder, "registry.db")); err != nil {
		return nil, nil
	}
	state, err := local.OpenState(ctx, folder, r.now)
	if err != nil {
		return nil, err
	}
	out, err := registerOf(ctx, state.Registry, model)
	return &out, errors.Join(err, state.Close())
}

func registerOf(ctx context.Context, r *registry.Registry, model string) (out govern.Register, err error) {
	if out.Versions, err = r.Versions(ctx, model); err != nil {
		return out, err
	}
	out.Log, err = r.Audit(ctx, registry.Filter{Model: model})
	return out, err
}

// name says which registry it is, without what a URL may hold of secrets.
func (r records) name() string {
	if r.remote != "" {
		return "the registry of --registry"
	}
	return "the local stack's registry"
}

// finding compares the evidence with what the registry recorded: what
// was edited refuses the pin, and what could not be compared is said. nil is
// evidence that is the record.
func (r records) finding(ctx context.Context, dir string, pin plan.Pin, of govern.Promotion) (*policies.Finding, error) {
	model := of.Version.Model
	about := func(level plan.Level, message, fix string) *policies.Finding {
		return &policies.Finding{
			Policy: recordRule, Title: "A pin's evidence is what the registry recorded", Level: level,
			Message: "pin of " + model + ": " + message, Fix: fix,
			Reason: "the digest of evidence says only that the file is the one that is pinned; whoever edits it computes another",
		}
	}
	have, err := r.register(ctx, dir, model)
	if err != nil {
		return nil, fmt.Errorf("comparing the evidence of %s version %d: %w", model, pin.Version, err)
	}
	const name = "name the registry that it was registered in with --registry URL"
	if have == nil {
		return about(plan.Advisory, fmt.Sprintf("the evidence of version %d was not compared with a registry: none is at hand", pin.Version), name), nil
	}
	recorded, err := of.Compare(*have)
	if err != nil {
		return nil, err
	}
	switch {
	case len(recorded.Wrong) > 0:
		return about(plan.Mandatory, fmt.Sprintf("the evidence of version %d is not what %s recorded: %s", pin.Version, r.name(), strings.Join(recorded.Wrong, "; ")),
			"promote the version again, so that its evidence is written from the record, and find out who edited it"), nil
	case recorded.Version == 0 && r.remote != "":
		return about(plan.Mandatory, fmt.Sprintf("%s has no version of this model and data", r.name()), name), nil
	case recorded.Version == 0:
		return about(plan.Advisory, fmt.Sprintf("the evidence of version %d was not compared: %s has no version of this model and data", pin.Version, r.name()), name), nil
	case !recorded.Whole:
		return about(plan.Advisory, fmt.Sprintf("of the evidence of version %d only what was measured was compared: %s has the model as version %d, trained anew", pin.Version, r.name(), recorded.Version), name), nil
	}
	return nil, nil
}

// hold compares the evidence of every pin of a plan that is to be served. What
// could not be compared is said on standard error; what was edited is an error.
func (r records) hold(ctx context.Context, dir string, p *plan.Plan) error {
	refused := 0
	for _, model := range slices.Sorted(maps.Keys(p.Pins)) {
		of, err := readEvidence(dir, model, p.Pins[model])
		if err != nil {
			fmt.Fprintf(r.err, "pin of %s: %v\n", model, err)
			refused++
			continue
		}
		found, err := r.finding(ctx, dir, p.Pins[model], of)
		if err != nil {
			return err
		}
		if found == nil {
			continue
		}
		fmt.Fprintf(r.err, "%s\n  fix: %s\n", found.Message, found.Fix)
		if found.Refuses() {
			refused++
		}
	}
	if refused > 0 {
		fmt.Fprintf(r.err, "ashlar: %s refused; nothing was started\n", counted(refused, "pin"))
		return silent{errFindings}
	}
	return nil
}
