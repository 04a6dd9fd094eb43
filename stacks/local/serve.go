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

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/peak"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// ServeOptions say how long to serve and who hears of it.
type ServeOptions struct {
	Once  bool          // ask every endpoint for one prediction over HTTP, then stop
	Ready func(Serving) // called once the stack answers; nil: nobody waits
}

// Endpoint is an endpoint with its URL.
type Endpoint struct {
	endpoint.Status
	URL    string `json:"url"`
	Answer string `json:"answer,omitempty"` // what its example was answered, where it was asked
}

// Serving is a stack that answers.
type Serving struct {
	URL       string     `json:"url"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Pending returns a *PendingError if any version waits for approval, else nil.
func (s *Stack) Pending(outcomes []Outcome) error {
	var waiting []registry.Version
	for _, o := range outcomes {
		if o.Version.Status == registry.Pending {
			waiting = append(waiting, o.Version)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return s.pending(waiting...)
}

func (s *Stack) pending(versions ...registry.Version) *PendingError {
	return &PendingError{Versions: versions, Dir: s.cfg.Dir, State: s.cfg.State}
}

// Serve starts every endpoint and serves until ctx is done, then drains. A
// version approved or rejected meanwhile, here or by another process, is
// followed within a poll; a drifted dataset is retrained where the blueprint
// says so.
//
// Everything runs in one group: the first error ends the rest, and each part returns
// once its context is done. Windows of live traffic are saved last, after the requests
// have drained.
func (s *Stack) Serve(ctx context.Context, opt ServeOptions) error {
	h, err := s.newServer(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	// After the endpoints follow, so that the address answers as soon as it is open.
	listener, err := listen(ctx, s.cfg.Listen)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	url := "http://" + listener.Addr().String()
	h.url = url
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer crash.Guard()
		site := serve.Local(h.handler(url), listener.Addr(), s.cfg.Hosts...)
		return serve.Run(gctx, listener, site, h.servers()...)
	})
	group.Go(func() error {
		defer crash.Guard()
		endpoint.Keep(gctx, s.state.Registry, s.cfg.Poll, h.endpoints)
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		return h.retrainOnDemand(gctx)
	})
	if !opt.Once {
		h.keep(gctx, group)
	}
	group.Go(func() error {
		defer crash.Guard()
		// The listener is open already, so requests wait until Run accepts them.
		serving := Serving{URL: url, Endpoints: h.statuses(url)}
		if opt.Once {
			defer cancel()
			if err := h.probe(gctx, &serving); err != nil {
				return err
			}
		}
		if opt.Ready != nil {
			opt.Ready(serving)
		}
		return nil
	})
	err = group.Wait()
	for _, e := range h.endpoints {
		e.Save(context.WithoutCancel(ctx))
	}
	return err
}

// keep starts what goes on for as long as the stack serves.
// With Once nothing of it is started: the stack would end before any of it mattered.
func (h *server) keep(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error {
		defer crash.Guard()
		return h.keepRetention(ctx)
	})
	group.Go(func() error {
		defer crash.Guard()
		h.keepVerifying(ctx)
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		return h.keepSchedules(ctx)
	})
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

// server is everything that answers while a stack serves.
type server struct {
	stack     *Stack
	endpoints []*endpoint.Endpoint // in order of name
	retrains  *retrains
	audit     *registry.Watch
	url       string
}

// newServer makes every endpoint and has it follow once, so that those which can serve
// do so from the first request on.
func (s *Stack) newServer(ctx context.Context) (*server, error) {
	metrics, err := endpoint.NewMetrics(s.cfg.Plan)
	if err != nil {
		return nil, err
	}
	// A process that serves several cannot tell what each needs.
	var memory func() int64
	if len(s.cfg.Plan.Endpoints) == 1 {
		memory = peak.Watch()
	}
	h := &server{stack: s, retrains: newRetrains(), audit: s.state.Registry.Watch()}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Plan.Endpoints)) {
		e, err := endpoint.New(endpoint.Config{
			Plan: s.cfg.Plan, Name: name, Store: s.state.Store, Registry: s.state.Registry,
			Rules: s.rules, Metrics: metrics, Memory: memory,
			Author: s.cfg.Author, Now: s.cfg.Now, Log: s.cfg.Log, Notice: s.cfg.Notice, Retrain: h.retrains.ask,
			TempDir: s.state.Temp, Getenv: s.cfg.Getenv, Confine: s.confinement(),
			Keys: s.state.Keys(s.cfg.Getenv),
		})
		if err != nil {
			h.close()
			return nil, err
		}
		h.endpoints = append(h.endpoints, e)
		if _, err := e.Follow(ctx); err != nil {
			h.close()
			return nil, err
		}
	}
	return h, nil
}

// close ends the processes that score for the endpoints' models.
func (h *server) close() {
	for _, e := range h.endpoints {
		e.Close()
	}
}

// servers are the endpoints' servers, which drain together.
func (h *server) servers() []*serve.Server {
	out := make([]*serve.Server, len(h.endpoints))
	for i, e := range h.endpoints {
		out[i] = e.Server()
	}
	return out
}

// statuses are the endpoints as they are now, with their addresses.
func (h *server) statuses(url string) []Endpoint {
	out := make([]Endpoint, len(h.endpoints))
	for i, e := range h.endpoints {
		out[i] = Endpoint{Status: e.Status(), URL: endpointURL(url, h.endpoints, e)}
	}
	return out
}

// handler is the whole site: the page, and each endpoint below its own path.
// The first endpoint also answers at the root, where a guide's client looks.
// The root's patterns are less specific than those of pages, so the page wins at "/".
func (h *server) handler(url string) http.Handler {
	mux := http.NewServeMux()
	for i, e := range h.endpoints {
		prefix := "/endpoints/" + e.Name()
		mux.Handle(prefix+"/", http.StripPrefix(prefix, e.Server().Handler()))
		// A guide's client posts to /predict without knowing any endpoint's name.
		if i == 0 {
			mux.Handle("/", e.Server().Handler())
		}
	}
	h.pages(mux, url)
	return mux
}

// endpointURL is where the endpoint answers; the first is the one at the root.
func endpointURL(url string, all []*endpoint.Endpoint, e *endpoint.Endpoint) string {
	if all[0] == e {
		return url
	}
	return url + "/endpoints/" + e.Name()
}
