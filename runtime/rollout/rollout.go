// Package rollout brings new versions of models into the traffic of a cluster's
// endpoints, by the way that the endpoint's strategy describes.
//
// The digest of the version that a pod serves is an annotation of its pod template.
// Whoever changes it makes new pods, and the controller behind the workload (Argo
// Rollouts, or Kubernetes for a Deployment) carries them: in steps, judged, and back
// where they fail. A pod serves the version that it was started for and no other.
//
// One process of a blueprint changes the annotations. It decides which version is
// wanted as a laptop's endpoint does (package govern), does what people ask of a
// release in the audit log, and writes there what became of it. All that it knows it
// reads again from the cluster, the registry and the store, so it can be stopped at any
// time; meanwhile pods go on serving what they serve.
package rollout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Workloads are what serves the endpoints of a plan, by the endpoint's name. *Cluster
// is one.
type Workloads interface {
	Standing(ctx context.Context, name string) (Standing, error)
	Assign(ctx context.Context, name string, a Assignment) error
	Steer(ctx context.Context, name string, status map[string]any) error
}

// Config is what a Releaser needs. Every field is required, but for Pods and Client,
// which endpoints with strategies of several versions in a pod take.
type Config struct {
	Plan      *plan.Plan
	Workloads Workloads
	Store     *store.Store
	Registry  *registry.Registry
	Rules     *govern.Rules // of the plan
	Author    string        // who promotes, for the registry
	Now       func() time.Time
	Log       *slog.Logger

	Pods   func(ctx context.Context, endpoint string) ([]string, error) // URLs of all of them
	Client peers.Client
}

// Releaser moves the endpoints of a plan. It is used by one goroutine, but for Handler.
type Releaser struct {
	cfg    Config
	states map[string]*release.State // as they are in the store
	said   map[string]string         // by endpoint, why nothing is released
	ticked map[string]time.Time      // by endpoint, when its pods were last asked
	health health
}

// New returns a Releaser; it asks nobody for anything.
func New(cfg Config) *Releaser {
	return &Releaser{cfg: cfg, states: map[string]*release.State{}, said: map[string]string{},
		ticked: map[string]time.Time{}}
}

// Follow brings every endpoint one step further. The error joins what went wrong with
// each of them; the others are followed all the same, and the next call tries again.
func (r *Releaser) Follow(ctx context.Context) error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(r.cfg.Plan.Endpoints)) {
		if err := r.follow(ctx, name); err != nil {
			all = append(all, fmt.Errorf("endpoint %s: %w", name, err))
		}
	}
	return errors.Join(all...)
}

// Keep calls Follow each time that the period has passed, until ctx is done. What goes
// wrong is logged when it changes.
func (r *Releaser) Keep(ctx context.Context, period time.Duration) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for before := ""; ; {
		before = r.round(ctx, before)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round follows once, and returns what went wrong; "": nothing.
func (r *Releaser) round(ctx context.Context, before string) string {
	problem := ""
	if err := r.Follow(ctx); err != nil && ctx.Err() == nil {
		problem = err.Error()
	}
	if problem != "" && problem != before {
		r.cfg.Log.Warn("releases are not followed; it is tried again", "error", problem)
	}
	r.health.note(r.cfg.Now(), problem)
	return problem
}

// asked is what a version must meet to be released behind the endpoint now.
func (r *Releaser) asked(name string, st *release.State) govern.Requirements {
	ask := govern.For(r.cfg.Plan, name, r.cfg.Rules, r.cfg.Now())
	ask.PassedOver = func(v registry.Version) string { return st.Refuses(endpoint.Named(v)) }
	return ask
}
