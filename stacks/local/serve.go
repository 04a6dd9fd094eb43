package local

import (
	"context"
	"crypto/tls"
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
	PageURL   string     `json:"page_url"` // of the page, metrics and drift
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
	listeners, err := h.listen(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	url := h.url
	group, gctx := errgroup.WithContext(ctx)
	for i, l := range listeners {
		site := serve.Local(h.handlers()[i], l.Addr(), s.cfg.Hosts...)
		group.Go(func() error {
			defer crash.Guard()
			return serve.Run(gctx, serve.Secured(l, h.secured), site, h.servers()...)
		})
	}
	group.Go(func() error {
		defer crash.Guard()
		endpoint.Keep(gctx, s.state.Registry, s.cfg.Poll, h.endpoints)
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		endpoint.KeepAccess(gctx, s.cfg.Poll, h.endpoints)
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
		serving := Serving{URL: url, PageURL: h.pageURL, Endpoints: h.statuses(url)}
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

// listen opens the stack's address, and the page's where it has one, and notes their URLs.
func (h *server) listen(ctx context.Context) (out []net.Listener, err error) {
	cfg := h.stack.cfg
	if h.secured, err = cfg.TLS.Config(cfg.Now, cfg.Log, cfg.Plan); err != nil {
		return nil, err
	}
	scheme := "http://"
	if h.secured != nil {
		scheme = "https://"
	}
	l, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	h.url = scheme + l.Addr().String()
	if h.pageURL = h.url; cfg.ListenPage == "" {
		return []net.Listener{l}, nil
	}
	page, err := listen(ctx, cfg.ListenPage)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	h.pageURL = scheme + page.Addr().String()
	return []net.Listener{l, page}, nil
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
	url       string // of what callers ask
	pageURL   string
	secured   *tls.Config // nil: plain HTTP
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
			Keys: s.state.Keys(s.cfg.Getenv), ClientCA: s.cfg.TLS.ClientCA, Tracer: s.tracer,
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
		e.LookAccess(ctx)
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

// handlers are what answers at each address: the whole site, or callers' part of it and
// then the page's.
func (h *server) handlers() []http.Handler {
	if h.stack.cfg.ListenPage == "" {
		return []http.Handler{h.site((*serve.Server).Handler, true)}
	}
	return []http.Handler{h.site(serve.Callers, false), h.site(serve.Operators, true)}
}

// site is the page, and each endpoint below its own path and by the name of its model.
// The first endpoint also answers at the root: a guide's client posts to /predict
// without knowing any endpoint's name. The root's pattern is less specific than those of
// pages, so the page wins at "/".
func (h *server) site(side func(*serve.Server) http.Handler, pages bool) http.Handler {
	mux := http.NewServeMux()
	if all := h.servers(); len(all) > 0 {
		mux.Handle("/", &serve.Many{Servers: all, Side: side, Root: all[0]})
	}
	if pages {
		h.pages(mux, h.url)
	}
	return mux
}

// endpointURL is where the endpoint answers; the first is the one at the root.
func endpointURL(url string, all []*endpoint.Endpoint, e *endpoint.Endpoint) string {
	if all[0] == e {
		return url
	}
	return url + serve.Below + e.Name()
}
