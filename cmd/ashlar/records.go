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
	"github.com/ashlar-dev/ashlar/stacks/promote"
)

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
	opt, err := a.registryOptions(ctx, location)
	if err != nil {
		return nil, err
	}
	return registry.Open(ctx, location, opt)
}

// migrateRegistry makes the tables of a cluster's registry, where they are not there.
func (a *app) migrateRegistry(ctx context.Context, location string) error {
	opt, err := a.registryOptions(ctx, location)
	if err == nil {
		_, err = registry.Migrate(ctx, location, opt)
	}
	return err
}

// registryOptions say how to log in.
func (a *app) registryOptions(ctx context.Context, location string) (registry.Options, error) {
	if !strings.Contains(location, "://") {
		return registry.Options{}, usageError("the registry of a cluster is a URL such as postgres://user@host:5432/name?search_path=SCHEMA; a local stack's is found in its folder")
	}
	how, err := login.New(ctx, login.Config{
		Mode: a.getenv("ASHLAR_DATABASE_AUTH"), Database: location, Secret: a.getenv("ASHLAR_DATABASE_SECRET"),
		Region: a.getenv("AWS_REGION"),
	})
	return registry.Options{Now: a.now, Login: how, Patience: patience}, err
}

// comparing is how a check compares evidence.
func (r records) comparing(ctx context.Context) promote.CompareFunc {
	return func(dir string, pin plan.Pin, of govern.Promotion) (*policies.Finding, error) {
		return r.finding(ctx, dir, pin, of)
	}
}

// register is what the registry has of the model; nil where there is no registry
// available.
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
		return nil, nil //nolint:nilerr // without a local stack there is nothing to compare with
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

// finding compares the evidence of a pin with what the registry recorded.
func (r records) finding(ctx context.Context, dir string, pin plan.Pin,
	of govern.Promotion) (*policies.Finding, error) {
	have, err := r.register(ctx, dir, of.Version.Model)
	if err != nil {
		return nil, fmt.Errorf("comparing the evidence of %s version %d: %w", of.Version.Model, pin.Version, err)
	}
	return promote.Record{Register: have, Name: r.name(), Named: r.remote != ""}.Compare(pin, of)
}

// hold compares the evidence of every pin of a plan that is to be served. What
// could not be compared is said on standard error; what was edited is an error.
func (r records) hold(ctx context.Context, dir string, p *plan.Plan) error {
	refused := 0
	for _, model := range slices.Sorted(maps.Keys(p.Pins)) {
		of, err := promote.ReadEvidence(dir, model, p.Pins[model])
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
