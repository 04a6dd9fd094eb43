package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// app is what every verb is given: the outside world and the common flags.
type app struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	getenv   func(string) string
	output   string // "text" or "json"
	verbose  bool
}

// verbs is the list that a new verb is added to.
var verbs = []func(*app) *cobra.Command{
	initVerb, checkVerb, explainVerb, schemaVerb, planVerb, upVerb,
	modelVerb, releaseVerb, accessVerb, pipelineVerb, runsVerb, storeVerb, backupVerb, restoreVerb,
	previewVerb, policyVerb, generateVerb, imageVerb, bundleVerb, driftVerb, adoptVerb,
	costVerb, githubVerb, bootstrapVerb, completionVerb, versionVerb,
}

// run is the whole program but for the process around it; it returns the exit
// code: 0 fine, 1 findings, 2 wrong input, 3 internal.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) (code int) {
	a := &app{in: in, out: out, err: errw, now: time.Now, getenv: os.Getenv}
	defer func() {
		if p := recover(); p != nil {
			_ = crash.New(p, debug.Stack(), os.Environ()).Write(errw) // there is nowhere else to say it
			code = plan.ExitInternal
		}
	}()
	root, began := a.root(), a.now()
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	if err != nil {
		code = a.report(err)
	}
	a.log().Debug("ended", "verb", c.CommandPath(), "exit_code", code, "took", a.now().Sub(began))
	return code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ashlar",
		Short: "Run a machine-learning system from one typed blueprint",
		Long: `Ashlar reads a blueprint written in CUE (datasets, models, pipelines, endpoints,
SLOs), checks it, and runs it: it validates the data, trains the models, checks
their gates, records them in a registry with approvals and an audit log, serves
them, and watches them for drift.`,
		Example: `  ashlar init my-model              # a new repository with a working blueprint
  ashlar check my-model             # every problem, with file:line:col
  ashlar up my-model                # from data to a served, watched model
  ashlar model list --dir my-model  # what is registered, approved and served`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.output, "output", "o", "text", "output format: text or json")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "write a log to standard error")
	root.PersistentPreRunE = a.begin
	root.SetFlagErrorFunc(wrongFlag)
	for _, verb := range verbs {
		root.AddCommand(verb(a))
	}
	strict(root)
	a.complete(root)
	return root
}

// outputs says which forms of output a verb has beside text and json.
func outputs(more ...string) map[string]string {
	return map[string]string{"outputs": strings.Join(more, " ")}
}

// begin is called before every verb. Arguments are not logged: some are secret.
func (a *app) begin(c *cobra.Command, _ []string) error {
	a.log().Debug("begins", "version", versionText(), "verb", c.CommandPath())
	return a.checkOutput(c)
}

func (a *app) checkOutput(c *cobra.Command) error {
	known := append([]string{"text", "json"}, strings.Fields(c.Annotations["outputs"])...)
	if slices.Contains(known, a.output) {
		return nil
	}
	return usageError(fmt.Sprintf("--output %q: use %s or %s", a.output,
		strings.Join(known[:len(known)-1], ", "), known[len(known)-1]))
}

func (a *app) json() bool { return a.output == "json" }

// log returns the logger: to standard error with --verbose, else silent.
func (a *app) log() *slog.Logger {
	if !a.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// actor is who is asking: --by, else ASHLAR_USER, else the login name.
func (a *app) actor(by string) string {
	for _, name := range []string{by, a.getenv("ASHLAR_USER")} {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// dirArg takes the verb's optional folder.
func dirArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// atMostDir is the argument check of verbs that take an optional folder.
func atMostDir(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError(fmt.Sprintf("%s takes one folder, found %d arguments: %s", c.CommandPath(),
			len(args), strings.Join(args, " ")))
	}
	return nil
}
