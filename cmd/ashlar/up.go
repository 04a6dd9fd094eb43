package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// upFlags are the flags of `ashlar up`.
type upFlags struct {
	environment, state, listen, listenPage, as string
	hosts                                      []string
	tls                                        local.TLS
	once, build                                bool
	workers                                    int
}

func upVerb(a *app) *cobra.Command {
	var f upFlags
	c := &cobra.Command{
		Use:   "up [DIR]",
		Short: "Run a blueprint locally: validate, train, check gates, register, serve, watch",
		Long: `Up runs the blueprint in DIR (default: the current folder) on this machine: it validates
the data, trains and registers the models, serves them and watches for drift until
Ctrl-C. Results are cached by the digest of their inputs, so a second run reuses
everything that has not changed. State is in .ashlar in the blueprint's folder.
With --env pr-NUMBER it runs the preview of a pull request: the blueprint with its
overlay "preview", and a state of its own that "ashlar preview remove" deletes.

Exit code 1 means that data, gates or approvals did not pass, 2 that the input is wrong.`,
		Example: `  ashlar up blueprints/examples/credit
  ashlar up --env prod --listen 127.0.0.1:9000
  ashlar up --env pr-12     # the preview of pull request 12
  ashlar up --once          # run, answer one prediction, exit
  ashlar up --build         # stop once the models are registered`,
		Args: atMostDir,
		RunE: func(c *cobra.Command, args []string) error {
			if f.once && !c.Flags().Changed("listen") {
				f.listen = "127.0.0.1:0" // nobody needs to know the port
			}
			return a.up(c.Context(), dirArg(args), f)
		},
	}
	flags := c.Flags()
	envFlag(flags, &f.environment)
	stateFlag(flags, &f.state)
	flags.StringVarP(&f.listen, "listen", "l", "127.0.0.1:8080", "the address to listen on; port 0 selects a free port")
	flags.StringVar(&f.listenPage, "listen-page", "",
		"an address of its own for the page, metrics and drift, which --listen does not answer then")
	flags.StringSliceVar(&f.hosts, "host", nil,
		"a host name to accept besides localhost, such as that of a proxy; requests for other names are refused")
	flags.StringVar(&f.tls.Cert, "tls-cert", "", "the server's certificate in PEM; it is read again when it changes")
	flags.StringVar(&f.tls.Key, "tls-key", "", "the key of the server's certificate in PEM")
	flags.StringVar(&f.tls.ClientCA, "client-ca", "",
		"the certificates in PEM of who signs those of callers, for access: mtls without a ca")
	identityFlag(flags, &f.as, "as", "who trains, for the registry")
	flags.BoolVar(&f.once, "once", false, "run, ask every endpoint for one prediction, and exit")
	flags.BoolVar(&f.build, "build", false, "exit when the models are registered; do not serve")
	flags.IntVar(&f.workers, "workers", 0, "the number of cores to use; results do not depend on it (default: all)")
	return c
}

func (a *app) up(ctx context.Context, dir string, f upFlags) (err error) {
	p, err := loadPlan(dir, f.environment)
	if err != nil {
		return err
	}
	state := local.StateOf(dir, f.state, p.Environment)
	if err := (records{app: a, state: state}).hold(ctx, dir, p); err != nil {
		return err
	}
	shown := a.newProgress(a.out)
	stack, err := local.Open(ctx, local.Config{
		Plan: p, Dir: dir, State: state, Listen: f.listen, ListenPage: f.listenPage,
		Hosts: f.hosts, TLS: f.tls, Author: a.actor(f.as),
		Commit: revision.Commit(ctx, dir), Getenv: a.getenv, Workers: f.workers, Now: a.now, Log: a.log(),
		Observe: shown.observe, Notice: a.notice,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	a.unlearnt(p)
	began := a.now()
	outcomes, err := stack.Build(ctx)
	if err != nil {
		return err
	}
	a.summary(outcomes, a.now().Sub(began))
	if f.build {
		return stack.Pending(outcomes)
	}
	return stack.Serve(ctx, local.ServeOptions{Once: f.once, Ready: func(s local.Serving) { a.serving(s, p, f.once) }})
}

// summary says the result of building.
func (a *app) summary(outcomes []local.Outcome, took time.Duration) {
	if a.json() {
		_ = a.writeLine(map[string]any{"event": "built", "outcomes": outcomes})
		return
	}
	reused := true
	for _, o := range outcomes {
		reused = reused && o.Run.Reused()
	}
	word := "built in " + elapsed(took)
	if reused {
		word = "nothing changed: all stages reused, in " + elapsed(took)
	}
	fmt.Fprintf(a.out, "%s\n", a.colour(a.out, text.Bold, word))
}

// serving prints where the stack answers and a command that shows it.
func (a *app) serving(s local.Serving, p *plan.Plan, once bool) {
	if a.json() {
		_ = a.writeLine(map[string]any{"event": "ready", "url": s.URL, "page_url": s.PageURL, "endpoints": s.Endpoints})
		return
	}
	w := a.out
	fmt.Fprintln(w)
	for _, e := range s.Endpoints {
		switch {
		case e.Version == 0:
			fmt.Fprintf(w, "%s is running but serves no model yet: %s\n", e.Name, e.Waiting)
		case e.Answer != "":
			fmt.Fprintf(w, "%s serves %s version %d and answered %s\n", e.Name, e.Model, e.Version, e.Answer)
		default:
			fmt.Fprintf(w, "%s serves %s version %d\n", e.Name, e.Model, e.Version)
		}
	}
	if once {
		return
	}
	writeExposed(w, p)
	fmt.Fprintf(w, "\n  page     %s/\n  predict  %s/predict\n  health   %s/health\n  metrics  %s/metrics\n  drift    %s/drift\n  schema   %s/schema\n", s.PageURL, s.URL, s.URL,
		s.PageURL, s.PageURL, s.URL)
	writeCurl(w, s)
	fmt.Fprintln(w, "\nCtrl-C stops it; what was made is kept.")
}

func writeCurl(w io.Writer, s local.Serving) {
	for _, e := range s.Endpoints {
		if e.Example != "" {
			fmt.Fprintf(w, "\ntry it:\n  curl -s %s -H 'Content-Type: application/json' -d '%s'\n",
				e.URL+"/predict", e.Example)
			return
		}
	}
}

// notice prints what changed while serving.
func (a *app) notice(line string) {
	if a.json() {
		_ = a.writeLine(map[string]any{"event": "notice", "detail": line})
		return
	}
	fmt.Fprintf(a.out, "%s  %s\n", a.now().Format(time.TimeOnly), line)
}
