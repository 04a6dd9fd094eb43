package rollout

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
)

// follow brings one endpoint a step further: what people decided, what became of the
// version that was assigned, and which one is wanted now.
func (r *Releaser) follow(ctx context.Context, name string) error {
	st, err := r.state(ctx, name)
	if err != nil {
		return err
	}
	at, err := r.cfg.Workloads.Standing(ctx, name)
	if err != nil {
		return err
	}
	before := st.Clone()
	if r.cfg.Plan.Endpoints[name].Strategy.Beside() {
		err = r.within(ctx, name, st, at)
	} else {
		err = errors.Join(r.steered(ctx, name, st, at), r.observe(ctx, name, st, at), r.assign(ctx, name, st, at))
	}
	if reflect.DeepEqual(before, st) {
		return err
	}
	return errors.Join(err, endpoint.KeepReleases(ctx, r.cfg.Store, st))
}

// state is what is known of the endpoint's releases.
func (r *Releaser) state(ctx context.Context, name string) (*release.State, error) {
	if st := r.states[name]; st != nil {
		return st, nil
	}
	st, err := endpoint.ReadReleases(ctx, r.cfg.Store, name)
	if err != nil {
		return nil, fmt.Errorf("its releases: %w", err)
	}
	if st == nil {
		st = &release.State{Endpoint: name}
	}
	r.states[name] = st
	return st, nil
}

// observe takes over how far the workload is with the release that is under way.
func (r *Releaser) observe(ctx context.Context, name string, st *release.State, at Standing) error {
	c := st.Current
	if c == nil || c.To.Digest != at.Digest {
		return nil
	}
	stage, now := c.Stage, r.cfg.Now()
	c.Steps, c.Stage, c.Phase, c.Why = merged(c.Steps, at.Steps), at.Step, at.Phase, at.Why
	for i := range c.Steps {
		if i <= c.Stage && c.Steps[i].Began.IsZero() {
			c.Steps[i].Began = now
		}
		if i < c.Stage && c.Steps[i].Ended.IsZero() {
			c.Steps[i].Ended = now
		}
	}
	if !c.Over() {
		if c.Stage == stage || c.Stage >= len(c.Steps) {
			return nil
		}
		return r.tell(ctx, name, c.To, stepped,
			fmt.Sprintf("%s (%d of %d)", c.Steps[c.Stage].Name, c.Stage+1, len(c.Steps)))
	}
	c.Ended = now
	if c.Phase == release.Promoted {
		c.Why = "every step is done"
		if err := r.serves(ctx, name, c.To); err != nil {
			c.Phase = release.Progressing // it is told again
			return err
		}
	} else if err := r.cfg.Registry.StopServing(ctx, endpoint.Slot(name), c.Why); err != nil {
		c.Phase = release.Progressing
		return err
	}
	phase, why, to := c.Phase, c.Why, c.To
	st.Settle()
	return r.tell(ctx, name, to, string(phase), why)
}

// merged are the workload's steps with the times that are known.
func merged(known, steps []release.Step) []release.Step {
	for i := range steps {
		if i < len(known) && known[i].Name == steps[i].Name {
			steps[i] = known[i]
		}
	}
	return steps
}

// serves notes that the version has the traffic.
func (r *Releaser) serves(ctx context.Context, name string, v release.Version) error {
	reg := r.cfg.Registry
	return errors.Join(reg.RecordServing(ctx, name, v.Model, v.Version, v.Digest),
		reg.SetAlias(ctx, v.Model, govern.Champion, v.Version, r.cfg.Author),
		reg.StopServing(ctx, endpoint.Slot(name), "it has all of the traffic"))
}

// assign sees to it that the version that is wanted is what the workload's new pods
// serve. Where nothing may be served the pods say so themselves, and nothing is
// assigned.
func (r *Releaser) assign(ctx context.Context, name string, st *release.State, at Standing) error {
	v, err := govern.Choose(ctx, r.cfg.Registry, r.asked(name, st))
	var none *govern.NotServableError
	if errors.As(err, &none) {
		r.nothing(name, none.Error())
		return nil
	}
	if err != nil {
		return err
	}
	delete(r.said, name)
	wanted := endpoint.Named(v)
	if at.Digest == wanted.Digest {
		return r.settled(ctx, name, st, at, wanted)
	}
	if c := st.Current; c != nil && c.To != wanted {
		to, why := c.To, fmt.Sprintf("version %d is to be released in its place", wanted.Version)
		if err := r.tell(ctx, name, to, string(release.Superseded), why); err != nil {
			return err
		}
		st.Supersede(r.cfg.Now(), why)
	}
	if st.Stable != wanted && !st.Stable.Zero() && st.Current == nil {
		if err := r.begin(ctx, name, st, wanted, at.Kind); err != nil {
			return err
		}
	}
	r.cfg.Log.Info("assigned", "endpoint", name, "version", wanted.Version, "digest", wanted.Digest)
	return r.cfg.Workloads.Assign(ctx, name, Assignment{Digest: wanted.Digest})
}

// settled notes what serves where no release is under way: the endpoint's first version,
// or one that the state in the store does not know of.
func (r *Releaser) settled(ctx context.Context, name string, st *release.State, at Standing, v release.Version) error {
	if st.Current == nil && st.Stable.Zero() && at.Stepping {
		// What the workload began with served nothing: there is nothing to compare with.
		return r.cfg.Workloads.Steer(ctx, name, map[string]any{"promoteFull": true})
	}
	if st.Current != nil || st.Stable == v || at.Phase != release.Promoted {
		return nil
	}
	if err := r.serves(ctx, name, v); err != nil {
		return err
	}
	st.Stable = v
	return nil
}

// begin notes that a release begins. It is noted before the annotation changes: one that
// nobody knows of must not take traffic.
// The plan that pods have says nothing of the strategy: the workload does.
func (r *Releaser) begin(ctx context.Context, name string, st *release.State, to release.Version, kind string) error {
	if st.Decided == 0 {
		var err error
		if st.Decided, err = r.cfg.Registry.Head(ctx); err != nil {
			return err
		}
	}
	if err := r.tell(ctx, name, to, begun, kind); err != nil {
		return err
	}
	st.Current = &release.Release{Strategy: kind, From: st.Stable, To: to,
		Phase: release.Progressing, Began: r.cfg.Now()}
	return nil
}

// tell writes to the audit log what happens to a release.
func (r *Releaser) tell(ctx context.Context, name string, v release.Version, what, why string) error {
	r.cfg.Log.Info("release", "endpoint", name, "version", v.Version, "what", what, "why", why)
	return r.cfg.Registry.Releases().Record(ctx, registry.Release{Endpoint: name, Model: v.Model, Version: v.Version,
		What: what, Reason: why})
}
