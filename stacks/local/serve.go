package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// ServeOptions say how long to serve and who hears of it.
type ServeOptions struct {
	Once  bool           // ask every endpoint for one prediction over HTTP, then stop
	Ready func(Standing) // called once the stack answers; nil: nobody waits
}

// Standing is a stack that answers.
type Standing struct {
	URL       string     `json:"url"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Pending returns a *PendingError if any version waits for approval, else nil.
func Pending(outcomes []Outcome) error {
	var waiting []registry.Version
	for _, o := range outcomes {
		if o.Version.Status == registry.Pending {
			waiting = append(waiting, o.Version)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return &PendingError{Versions: waiting}
}

// Serve stands every endpoint up and serves until ctx is done, then drains. A
// version approved or rejected meanwhile, here or by another process, is
// followed within a poll; a drifted dataset is retrained where the blueprint
// says so.
func (s *Stack) Serve(ctx context.Context, opt ServeOptions) error {
	h, err := s.newHouse(ctx)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, s.cfg.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	url := "http://" + listener.Addr().String()
	h.url = url
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve.Run(gctx, listener, h.handler(url), h.servers()...) })
	group.Go(func() error { return h.followAll(gctx) })
	group.Go(func() error { return h.retrainOnDemand(gctx) })
	group.Go(func() error {
		standing := Standing{URL: url, Endpoints: h.standing(url)}
		if opt.Once {
			defer cancel()
			if err := h.probe(gctx, &standing); err != nil {
				return err
			}
		}
		if opt.Ready != nil {
			opt.Ready(standing)
		}
		return nil
	})
	err = group.Wait()
	h.save()
	return err
}

// listen opens the address, saying what to do where it is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; choose another address with --listen, such as --listen 127.0.0.1:0 for a free port", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// house is everything that answers while a stack serves.
type house struct {
	stack     *Stack
	endpoints []*endpoint // in order of name
	metrics   *metrics
	retrains  chan string
	url       string
}

func (s *Stack) newHouse(ctx context.Context) (*house, error) {
	metrics, err := newMetrics()
	if err != nil {
		return nil, err
	}
	h := &house{stack: s, metrics: metrics, retrains: make(chan string, 16)}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Plan.Endpoints)) {
		e, err := newEndpoint(s, name, h.metrics, h.askRetrain)
		if err != nil {
			return nil, err
		}
		if _, err := e.follow(ctx); err != nil {
			return nil, err
		}
		h.endpoints = append(h.endpoints, e)
	}
	return h, nil
}

func (h *house) servers() []*serve.Server {
	out := make([]*serve.Server, len(h.endpoints))
	for i, e := range h.endpoints {
		out[i] = e.server
	}
	return out
}

func (h *house) standing(url string) []Endpoint {
	out := make([]Endpoint, len(h.endpoints))
	for i, e := range h.endpoints {
		out[i] = e.standing(endpointURL(url, h.endpoints, e))
	}
	return out
}

func (h *house) save() {
	for _, e := range h.endpoints {
		e.mu.Lock()
		v := e.version
		e.mu.Unlock()
		e.save(v)
	}
}

// followAll looks, each poll, for decisions made anywhere and for what may not
// be served any more, until ctx is done.
func (h *house) followAll(ctx context.Context) error {
	tick := time.NewTicker(h.stack.cfg.Poll)
	defer tick.Stop()
	var seen int64 = -1
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		head, err := h.stack.state.Registry.Head(ctx)
		changed := err == nil && head != seen
		if changed {
			seen = head
		}
		for _, e := range h.endpoints {
			if h.recheck(ctx, e) || changed {
				h.follow(ctx, e)
			}
		}
	}
}

func (h *house) recheck(ctx context.Context, e *endpoint) bool {
	stopped, err := e.recheck(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.stack.cfg.Notice(fmt.Sprintf("%s cannot be checked again: %v", e.name, err))
	case stopped:
		h.stack.cfg.Notice(fmt.Sprintf("%s serves nothing any more: %s", e.name, e.standing("").Waiting))
	}
	return stopped
}

func (h *house) follow(ctx context.Context, e *endpoint) {
	changed, err := e.follow(ctx)
	now := e.standing("")
	switch {
	case ctx.Err() != nil:
	case err != nil:
		h.stack.cfg.Notice(fmt.Sprintf("%s keeps serving version %d: %v", e.name, now.Version, err))
	case changed && now.Version > 0:
		h.stack.cfg.Notice(fmt.Sprintf("%s now serves %s version %d", e.name, now.Model, now.Version))
	case changed:
		h.stack.cfg.Notice(fmt.Sprintf("%s serves nothing any more: %s", e.name, now.Waiting))
	}
}

// askRetrain notes the request; one that is waiting already covers it.
func (h *house) askRetrain(model string) {
	select {
	case h.retrains <- model:
	default:
	}
}

// retrainOnDemand takes drifted models through their pipeline, one at a time.
// The new version meets the same gates and the same approval as any other.
func (h *house) retrainOnDemand(ctx context.Context) error {
	cfg := h.stack.pipelineConfig()
	cfg.Trigger, cfg.Observe = "drift", nil
	runner, err := pipeline.New(cfg)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case name := <-h.retrains:
			h.stack.cfg.Notice(h.retrain(ctx, runner, name))
		}
	}
}

func (h *house) retrain(ctx context.Context, runner *pipeline.Runner, name string) string {
	o, err := h.stack.build(ctx, runner, name)
	switch {
	case err != nil:
		return fmt.Sprintf("retraining %s: %v", name, err)
	case o.Version.RunID != o.Run.ID:
		return fmt.Sprintf("retraining %s: the data and the recipe are what version %d was made from, so there is nothing new to learn; add data", name, o.Version.Version)
	default:
		return fmt.Sprintf("retraining %s: version %d is %s", name, o.Version.Version, o.Version.Status)
	}
}

// handler is the whole site: the page, and each endpoint below its own path.
// The first endpoint also answers at the root, where a guide's client looks.
func (h *house) handler(url string) http.Handler {
	mux := http.NewServeMux()
	for i, e := range h.endpoints {
		prefix := "/endpoints/" + e.name
		mux.Handle(prefix+"/", http.StripPrefix(prefix, e.server.Handler()))
		if i == 0 {
			mux.Handle("/", e.server.Handler())
		}
	}
	h.pages(mux, url)
	return mux
}

func endpointURL(url string, all []*endpoint, e *endpoint) string {
	if all[0] == e {
		return url
	}
	return url + "/endpoints/" + e.name
}
