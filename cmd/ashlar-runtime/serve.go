package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

const (
	// poll is how often decisions made elsewhere are looked for.
	poll = 2 * time.Second
	// grace is for load balancers to notice that a pod is leaving. Together with
	// the drain and the last save it stays below a pod's minute.
	grace    = 5 * time.Second
	lastSave = 15 * time.Second
)

func serveDuty(a *app) *cobra.Command {
	o := &serveOptions{}
	c := &cobra.Command{
		Use:   "serve --endpoint NAME",
		Short: "Serve an endpoint: /predict /health /ready /metrics /schema /drift",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(o.names) == 0 {
				return inputError{fmt.Errorf("name the endpoint with --endpoint")}
			}
			s, err := a.settings(needs{endpoints: o.names})
			if err != nil {
				return err
			}
			if err := a.severally(o); err != nil {
				return inputError{err}
			}
			return a.open(c.Context(), s, func(g *ground) error { return a.serve(c.Context(), g, o) })
		},
	}
	c.Flags().StringSliceVar(&o.names, "endpoint", nil,
		"the endpoint, as the blueprint names it; several, apart by commas, answer below /endpoints/NAME")
	c.Flags().StringVar(&o.at.callers, "listen", ":8080", "the address to serve on")
	c.Flags().StringVar(&o.at.operators, "listen-operators", "",
		"an address of its own for /metrics, /drift and releases, which --listen does not answer then")
	c.Flags().BoolVar(&o.at.plain, "plain-operators", false,
		"speak no TLS on the address of operators, for a network that lets nobody else reach it")
	c.Flags().StringVar(&o.tls.Cert, "tls-cert", "", "the server's certificate in PEM; it is read again when it changes")
	c.Flags().StringVar(&o.tls.Key, "tls-key", "", "the key of the server's certificate in PEM")
	c.Flags().StringVar(&o.tls.ClientCA, "client-ca", "",
		"the certificates in PEM of who signs those of callers, for access: mtls without a ca")
	c.Flags().BoolVar(&o.assigned, "assigned", false,
		"serve no version but the one whose digest "+assignedVariable+" holds; where that is empty, none")
	return c
}

// assignedVariable holds the digest of the version that a pod was started for: its
// template's annotation, by the downward API.
const assignedVariable = "ASHLAR_MODEL_DIGEST"

// withinVariable holds those that it has beside it, as endpoint.Within writes them.
const withinVariable = "ASHLAR_MODELS_WITHIN"

// serveOptions are the duty's flags.
type serveOptions struct {
	names    []string
	at       places
	tls      endpoint.TLS
	assigned bool
}

// places are where a server listens; operators is empty where callers' is theirs too, and
// plain where it speaks no TLS there.
type places struct {
	callers, operators string
	plain              bool
}

// serve answers until ctx is done, then drains and hands on what was gathered.
// It answers /health at once, and /ready as soon as it has a version to serve.
func (a *app) serve(ctx context.Context, g *ground, o *serveOptions) error {
	secured, err := o.tls.Config(a.now, a.log, g.plan, o.names...)
	if err != nil {
		return inputError{err}
	}
	if o.at.plain && (o.at.operators == "" || secured == nil) {
		return inputError{errors.New("--plain-operators is for a server that speaks TLS and has an address for operators: give it --tls-cert, --tls-key and --listen-operators, or take it out")}
	}
	all, err := a.endpoints(g, o)
	if err != nil {
		return err
	}
	if err := endpoint.CheckOpen(o.at.callers, g.plan, o.names...); err != nil {
		return inputError{err}
	}
	group, gctx := errgroup.WithContext(ctx)
	if err := a.listen(gctx, group, all, o.at, secured); err != nil {
		return err
	}
	group.Go(func() error {
		defer crash.Guard()
		endpoint.Keep(gctx, g.registry, poll, all)
		return nil
	})
	group.Go(func() error {
		defer crash.Guard()
		endpoint.KeepAccess(gctx, poll, all)
		return nil
	})
	for _, e := range all {
		group.Go(func() error {
			defer crash.Guard()
			keepSaving(gctx, e, saveEvery(g.plan.Endpoints[e.Name()].Drift))
			return nil
		})
	}
	err = group.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
	defer cancel()
	for _, e := range all {
		e.Save(last)
		e.Close()
		a.log.Info("ended", "endpoint", e.Name())
	}
	return err
}

// listen opens the addresses, and answers on them until ctx is done.
func (a *app) listen(ctx context.Context, group *errgroup.Group, all []*endpoint.Endpoint, at places,
	secured *tls.Config) error {
	servers := make([]*serve.Server, len(all))
	names := make([]string, len(all))
	for i, e := range all {
		servers[i], names[i] = e.Server(), e.Name()
	}
	site := func(side func(*serve.Server) http.Handler) http.Handler {
		return &serve.Many{Servers: servers, Side: side}
	}
	answer := func(address, who string, secured *tls.Config, what http.Handler) error {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", address, err)
		}
		a.log.Info("serving", "endpoint", strings.Join(names, ","), "address", l.Addr().String(), "for", who)
		group.Go(func() error {
			defer crash.Guard()
			return serve.Run(ctx, serve.Secured(l, secured), what, servers...)
		})
		return nil
	}
	if at.operators == "" {
		return answer(at.callers, "all", secured, site((*serve.Server).Handler))
	}
	forOperators := secured
	if at.plain {
		forOperators = nil
	}
	if err := answer(at.operators, "operators", forOperators, site(serve.Operators)); err != nil {
		return err
	}
	return answer(at.callers, "callers", secured, site(serve.Callers))
}

// keepSaving hands on what was gathered each so often.
func keepSaving(ctx context.Context, e *endpoint.Endpoint, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.Save(ctx)
		}
	}
}

// saveEvery is a tenth of a window, and neither so often that the store's
// requests cost anything nor so seldom that a killed pod loses much.
func saveEvery(d *plan.Drift) time.Duration {
	const least, most = 10 * time.Second, 5 * time.Minute
	if d == nil {
		return most
	}
	window, err := plan.ParseDuration(d.Window)
	if err != nil {
		return most
	}
	return min(max(window/10, least), most)
}
