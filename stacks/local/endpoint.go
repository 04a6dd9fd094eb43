package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// endpoint serves the champion of one model and watches what it is asked.
type endpoint struct {
	name  string
	spec  plan.Endpoint
	model plan.Model
	stack *Stack

	server  *serve.Server
	metrics *metrics
	retrain func(model string) // asks for a retrain; never blocks

	mu      sync.Mutex
	version registry.Version // Version 0: nothing is served
	waiting string           // why nothing is served
	monitor *drift.Monitor
	example string
}

func newEndpoint(s *Stack, name string, metrics *metrics, retrain func(string)) (*endpoint, error) {
	spec := s.cfg.Plan.Endpoints[name]
	e := &endpoint{name: name, spec: spec, model: s.cfg.Plan.Models[spec.Model], stack: s, metrics: metrics, retrain: retrain}
	var err error
	e.server, err = serve.New(serve.Config{
		Endpoint: name, Limits: spec.Limits, Log: s.cfg.Log.With("endpoint", name), Now: s.cfg.Now,
		Registry: metrics.registry, Metrics: metrics.predictions, Drift: e.driftView,
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", name, err)
	}
	return e, nil
}

// asked is what a version must meet to be served by this endpoint now.
func (e *endpoint) asked() govern.Asked {
	return govern.Asked{Model: e.spec.Model, Approval: e.model.Approval, Rules: e.stack.rules, Now: e.stack.cfg.Now()}
}

// recheck judges the version that is served again: evidence grows stale and
// exemptions expire with nobody doing anything. It stops serving what may not
// be served any more, and reports whether it did.
func (e *endpoint) recheck(ctx context.Context) (bool, error) {
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

// follow brings the endpoint to the version that it should serve by now: the
// newest that is approved and whose file is what was approved. It reports
// whether that changed anything. With no such version the endpoint serves
// nothing and waiting says why; that is no error.
func (e *endpoint) follow(ctx context.Context) (bool, error) {
	reg := e.stack.state.Registry
	v, err := govern.Choose(ctx, reg, e.asked())
	var none *govern.NotServableError
	if errors.As(err, &none) {
		return e.withdraw(ctx, none.Error(), none.Reasons)
	}
	if err != nil {
		return false, err
	}
	e.mu.Lock()
	same := e.version.Version == v.Version && e.version.ModelDigest == v.ModelDigest
	e.mu.Unlock()
	if same {
		return false, nil
	}
	m, err := pipeline.LoadModel(ctx, e.stack.state.Store, v.ModelDigest)
	if err != nil {
		return false, fmt.Errorf("endpoint %s: version %d of %s: %w\n  train it again: remove the damaged file it names and run `ashlar up`", e.name, v.Version, e.spec.Model, err)
	}
	return true, e.swap(ctx, v, m)
}

// swap puts the version behind the endpoint. The registry is told first: what
// may not be served is refused there, and what was served can be asked later.
func (e *endpoint) swap(ctx context.Context, v registry.Version, m *model.Model) error {
	reg := e.stack.state.Registry
	monitor, err := e.newMonitor(ctx, v, m)
	if err != nil {
		return fmt.Errorf("endpoint %s: drift reference of version %d: %w", e.name, v.Version, err)
	}
	if err := reg.RecordServing(ctx, e.name, v.Model, v.Version, v.ModelDigest); err != nil {
		return err
	}
	if err := reg.SetAlias(ctx, v.Model, govern.Champion, v.Version, e.stack.cfg.Author); err != nil {
		return err
	}
	if err := e.server.Swap(&serve.Served{Model: m, Version: v.Version, Digest: v.ModelDigest, Observer: observer(monitor, m)}); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	v.Aliases = append(slices.Clone(v.Aliases), govern.Champion)
	e.version, e.monitor, e.waiting = v, monitor, ""
	e.example, err = exampleRequest(m)
	return err
}

// withdraw stops serving, for instance because the version was rejected.
func (e *endpoint) withdraw(ctx context.Context, why string, reasons []string) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.version.Version
	e.version, e.waiting, e.monitor = registry.Version{}, why, nil
	if was == 0 {
		return false, nil
	}
	if err := e.server.Swap(nil); err != nil {
		return true, err
	}
	return true, e.stack.state.Registry.StopServing(ctx, e.name, reasons...)
}

// Endpoint is how an endpoint stands, for people and for the page.
type Endpoint struct {
	Name    string `json:"name"`
	Model   string `json:"model"`
	Version int    `json:"version"` // 0: nothing is served
	Digest  string `json:"digest,omitempty"`
	Waiting string `json:"waiting,omitempty"` // why nothing is served
	URL     string `json:"url"`
	Example string `json:"example,omitempty"` // a request body that works
	Answer  string `json:"answer,omitempty"`  // what it was answered, where it was asked
}

func (e *endpoint) standing(url string) Endpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Endpoint{
		Name: e.name, Model: e.spec.Model, Version: e.version.Version, Digest: e.version.ModelDigest,
		Waiting: e.waiting, URL: url, Example: e.example,
	}
}
