package endpoint

import (
	"context"
	"fmt"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// candidate is a version that is ready to be asked: its file is loaded, its server
// runs, and the windows of its traffic are watched.
type candidate struct {
	version registry.Version
	loaded  *serve.Loaded
	server  *behind
	watch   watch
	example string
}

// Named is the version as releases name it.
func Named(v registry.Version) release.Version {
	return release.Version{Model: v.Model, Version: v.Version, Digest: v.ModelDigest}
}

// prepare makes a version ready, and changes nothing of what is served. Everything
// that may fail, the model file, its keys and its server, fails here, while other
// versions go on answering.
func (e *Endpoint) prepare(ctx context.Context, v registry.Version) (*candidate, error) {
	at := func(err error) error {
		return fmt.Errorf("endpoint %s: version %d of %s: %w", e.cfg.Name, v.Version, v.Model, err)
	}
	m, err := pipeline.LoadModel(ctx, e.cfg.Store, v.ModelDigest)
	if err != nil {
		return nil, fmt.Errorf("%w\n  if it is damaged, train it again: remove the file that is named and run its pipeline",
			at(err))
	}
	if err := e.cfg.Keys.Have(m.Signature.PseudonymKey); err != nil {
		return nil, at(err)
	}
	c := &candidate{version: v}
	if c.example, err = serve.ExampleRequest(m); err != nil {
		return nil, at(fmt.Errorf("example request: %w", err))
	}
	if c.watch, err = e.newWatch(ctx, v); err != nil {
		return nil, at(fmt.Errorf("drift reference: %w", err))
	}
	if c.server, err = e.start(ctx, m); err != nil {
		return nil, at(err)
	}
	served := serve.Served{Model: m, Version: v.Version, Digest: v.ModelDigest, Metrics: v.Metrics,
		Descriptions: e.descriptions()}
	if c.watch != nil {
		served.Observer = c.watch.observer(m)
	}
	if c.loaded, err = e.server.Load(served); err != nil {
		c.server.end(0)
		return nil, at(err)
	}
	return c, nil
}

// take puts a version that is ready behind the endpoint. The registry is told first:
// what may not be served is refused there, and what was served can be asked later.
// The alias follows the serving, as the champion is by definition what is served.
// After an error nothing has changed for who asks the endpoint.
func (e *Endpoint) take(ctx context.Context, c *candidate) error {
	v := c.version
	champion, err := e.record(ctx, v)
	if err != nil {
		return err
	}
	if err := e.server.Route(serve.Routing{Main: c.loaded}); err != nil {
		return err
	}
	if champion {
		v.Aliases = append(slices.Clone(v.Aliases), govern.Champion)
	}
	e.mu.Lock()
	e.retire()
	e.version, e.watch, e.waiting, e.example = v, c.watch, "", c.example
	e.mu.Unlock()
	e.release.main = c.loaded
	// The server before is ended only now: requests under way use it.
	e.servers.next(c.server)
	e.cfg.Metrics.display(e.cfg.Name, v, c.watch)
	return nil
}

// swap prepares a version and takes it, and leaves nothing of it if either fails.
func (e *Endpoint) swap(ctx context.Context, v registry.Version) (bool, error) {
	c, err := e.prepare(ctx, v)
	if err != nil {
		return false, err
	}
	if err := e.take(ctx, c); err != nil {
		c.server.end(0)
		return true, err
	}
	return true, nil
}
