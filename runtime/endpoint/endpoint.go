// Package endpoint keeps an endpoint of a blueprint at the version that it
// should serve by now, and watches what it is asked.
//
// It is what a laptop's stack and a pod of a cluster have in common: which
// version that is (govern), the model file and its drift reference from the
// store, the swap behind the server, the record of it in the registry, and the
// windows of live traffic. They differ in who judges the windows. One process
// that sees all traffic judges them itself; replicas gather them, and a job
// judges for all (Judge).
//
// An endpoint outlives what it depends on: with a registry or a store that
// cannot be reached it goes on serving what it serves.
package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/serve"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// Config is what an endpoint needs. Plan, Name, Store, Registry, Rules, Metrics
// and Now are required.
type Config struct {
	Plan     *plan.Plan
	Name     string // in the plan
	Store    *store.Store
	Registry *registry.Registry
	Rules    *govern.Rules // of the plan
	Metrics  *Metrics
	Author   string // who promotes, for the registry
	Now      func() time.Time
	Log      *slog.Logger // nil: silent
	Notice   func(string) // nil: nobody reads; a line when something changes

	// Replica is this process's name among those that serve the endpoint; where
	// it is set, windows are gathered for Judge instead of judged here.
	Replica string
	// Assigned is the digest of the only version that this replica serves, as its pod's
	// template has it; "": none yet. Nil: it follows the registry by itself.
	Assigned *string
	// Within are the versions that such a replica has beside it, by a strategy of the
	// plan's endpoint that has them in one process. A plan without one leaves the steps to
	// who moves pods.
	Within Within
	// Compare has such a replica ask the version that has the traffic what its own has
	// answered; predictions of a number may differ by so much and agree. Nil: it does not.
	Compare *float64
	// Retrain asks for a retrain of the model when drift lasts, where windows
	// are judged here. It must not block. Nil: nobody trains.
	Retrain func(model string)

	// Memory says the most bytes that the process held since it was last asked; 0: not
	// known. Save keeps it. Nil: it is not measured.
	Memory func() int64

	Grace time.Duration // see serve.Config
	// Answered, Release and Tracer are serve.Config's.
	Answered func(seconds float64, failed bool)
	Release  http.Handler
	Tracer   *tracing.Tracer

	// For a model that somebody else's code scores: see package pyfunc.
	TempDir string
	Getenv  func(string) string
	Confine confine.Policy

	Keys privacy.Source // of pseudonyms; its environment is Getenv where it has none

	ClientCA string // see access.Config
}

// Endpoint serves the champion of one model and watches what it is asked. It is
// safe for concurrent use.
type Endpoint struct {
	cfg    Config
	spec   plan.Endpoint
	model  plan.Model
	server *serve.Server
	door   *access.Door // nil: the blueprint says nothing of who may ask

	// mu guards the fields up to behind and is held briefly. deciding serializes
	// Follow and Recheck, which read the registry and start processes under it; it
	// is taken before mu, never the other way round.
	mu         sync.Mutex
	version    registry.Version // Version 0: nothing is served
	waiting    string           // why nothing is served
	example    string
	watch      watch           // nil: nothing is watched
	retired    []watch         // of versions that are served no more, with windows to hand on
	memory     run.Served      // the most that was held, of the version that is served
	memoryKept run.Served      // the same, as it is in the store
	behind     bool            // the last Follow failed
	shown      *release.State  // of the releases, as a copy of its own; nil: there are none
	beside     *beside         // what is compared with; nil: nothing
	pairs      map[string]pair // never changed; see count
	deciding   sync.Mutex
	servers    servers
	// leaving was served here, and the registry has not heard yet that it is not any
	// more; Version 0: it has heard all. Guarded by deciding.
	leaving registry.Version
	release steering // guarded by deciding
}

// New returns an endpoint that serves nothing until the first Follow.
//
// It starts nothing and connects to nothing; the server answers 503 with the
// reason until a version is served. Close ends what Follow starts.
func New(cfg Config) (*Endpoint, error) {
	spec, ok := cfg.Plan.Endpoints[cfg.Name]
	if !ok {
		return nil, fmt.Errorf("endpoint %q is not in the plan; it has %s", cfg.Name, names(cfg.Plan.Endpoints))
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Notice == nil {
		cfg.Notice = func(string) {}
	}
	if cfg.Retrain == nil {
		cfg.Retrain = func(string) {}
	}
	if cfg.Keys.Getenv == nil {
		cfg.Keys.Getenv = cfg.Getenv
	}
	e := &Endpoint{cfg: cfg, spec: spec, model: cfg.Plan.Models[spec.Model], waiting: "it has not looked yet"}
	admits, err := e.newDoor()
	if err != nil {
		return nil, err
	}
	e.server, err = serve.New(serve.Config{
		Access: admits, Endpoint: cfg.Name, Model: spec.Model, Limits: spec.Limits,
		Log: cfg.Log.With("endpoint", cfg.Name), Now: cfg.Now,
		Registry: cfg.Metrics.Registry, Metrics: cfg.Metrics.predictions, Drift: e.driftView, Waiting: e.unready,
		Grace: cfg.Grace, Keys: cfg.Keys, Answered: cfg.Answered, Release: cfg.Release,
		Tracer: cfg.Tracer,
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", cfg.Name, err)
	}
	return e, nil
}

// Name is the endpoint's name in the plan.
func (e *Endpoint) Name() string { return e.cfg.Name }

// Server answers the endpoint's requests.
func (e *Endpoint) Server() *serve.Server { return e.server }

// asked is what a version must meet to be served by this endpoint now.
// It is made at each use, since it holds the time: staleness and exemptions
// depend on it.
func (e *Endpoint) asked() govern.Requirements {
	return govern.For(e.cfg.Plan, e.cfg.Name, e.cfg.Rules, e.cfg.Now())
}

// Recheck judges the version that is served again: evidence grows stale and
// exemptions expire with nobody doing anything. It stops serving what may not
// be served any more, and reports whether it did.
// It judges what the endpoint knows of the version, and asks the registry for
// nothing but to note a withdrawal.
func (e *Endpoint) Recheck(ctx context.Context) (bool, error) {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	e.mu.Lock()
	v := e.version
	e.mu.Unlock()
	if v.Version == 0 {
		return false, nil
	}
	reasons, err := e.asked().Objections(v)
	if err != nil || len(reasons) == 0 {
		return false, err
	}
	return e.withdraw(ctx, fmt.Sprintf("version %d %s", v.Version, strings.Join(reasons, " and ")), reasons)
}

// Follow brings the endpoint to the version that it should serve by now: the
// newest that is approved and whose file is what was approved, or the pinned
// one where the plan pins one. Where the endpoint's strategy has steps, a version
// that is to replace another begins them instead; see Advance. It reports
// whether that changed anything. With no such version the endpoint serves
// nothing and Status says why; that is no error. After an error it serves
// what it did.
func (e *Endpoint) Follow(ctx context.Context) (bool, error) {
	e.deciding.Lock()
	defer e.deciding.Unlock()
	changed, err := releaser{e}.follow(ctx)
	if err == nil {
		err = errors.Join(releaser{e}.compareAssigned(ctx), releaser{e}.followNext(ctx))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.behind = err != nil
	e.shown = e.release.state.Clone()
	if err != nil && e.version.Version == 0 {
		e.waiting = err.Error()
	}
	return changed, err
}

// descriptions are those of the columns that the model is trained on now. A
// version from before may have others, which then have none.
func (e *Endpoint) descriptions() map[string]string {
	out := map[string]string{}
	for name, c := range e.cfg.Plan.Datasets[e.model.Dataset].Columns {
		out[name] = c.Description
	}
	return out
}

// withdraw stops serving, for instance because the version was rejected. The
// registry is told unless another replica has gone on to another version.
// deciding is held. The server stops answering first and the registry hears of it
// second: what may not be served must not wait for a registry that is down.
func (e *Endpoint) withdraw(ctx context.Context, why string, reasons []string) (bool, error) {
	e.mu.Lock()
	was, before := e.version, e.waiting
	e.retire()
	e.version, e.waiting = registry.Version{}, why
	e.mu.Unlock()
	if why != before {
		e.cfg.Log.Info("serves nothing", "endpoint", e.cfg.Name, "reason", why)
	}
	if was.Version == 0 {
		return false, e.left(ctx, reasons)
	}
	e.leaving = was
	e.cfg.Metrics.display(e.cfg.Name, registry.Version{}, nil)
	if err := e.server.Swap(nil); err != nil {
		return true, err
	}
	e.servers.next(nil)
	if err := (releaser{e}).dropRelease(ctx, "nothing may be served: "+why); err != nil {
		return true, err
	}
	return true, e.left(ctx, reasons)
}

// left tells the registry that what is leaving is served no more. deciding is held.
// What could not be told is told by the next withdrawal: Follow is called again after
// an error, and by then nothing but leaving knows of the version.
func (e *Endpoint) left(ctx context.Context, reasons []string) error {
	if e.leaving.Version == 0 {
		return nil
	}
	now, err := e.cfg.Registry.ServedAt(ctx, e.cfg.Name, e.cfg.Now())
	if err != nil {
		return err
	}
	// Replicas share the record of an endpoint's serving; ending it here would
	// end the other's version.
	if len(now) == 0 || now[0].Model == e.leaving.Model && now[0].Version == e.leaving.Version {
		if err := e.cfg.Registry.StopServing(ctx, e.cfg.Name, reasons...); err != nil {
			return err
		}
	}
	e.leaving = registry.Version{}
	return nil
}

// retire puts the watch away. The lock is held.
// Its last rows are not in the store yet; Save hands them on and forgets it.
func (e *Endpoint) retire() {
	if e.watch != nil {
		e.retired = append(e.retired, e.watch)
		e.watch = nil
	}
}
