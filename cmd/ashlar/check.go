package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/advice"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/stacks/promote"
)

// checked is one blueprint in one environment that was found sound.
type checked struct {
	Dir         string `json:"dir"`
	Environment string `json:"environment"`
	Digest      string `json:"digest"`
	Refused     int    `json:"refused,omitempty"` // findings that refuse it
	// Unlearnt are by model the columns that it does not learn from.
	Unlearnt map[string][]plan.Unlearnt `json:"unlearnt,omitempty"`
}

// checkFlags are the flags of `ashlar check`.
type checkFlags struct {
	environment string
	policies    []string
	registry    string
}

func checkVerb(a *app) *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DIR...]",
		Short: "Check blueprints: schema, references, policies, every environment",
		Long: `Check loads the blueprint in each DIR (default: the current folder) in every
environment that it declares and reports all problems, each with file, line, column and
a code that ashlar explain CODE explains. Blueprints without problems are checked
against the policies that ship with Ashlar, those in DIR/policies and those in
--policies. If a dataset is a local file, check reads its first rows and warns about
features that leak the target or only identify a row. If DIR/.ashlar has runs, check
compares the memory that their stages held with what the blueprint gives to pods. The evidence of a pinned model is
compared with the registry: that of --registry, or the local stack's in DIR/.ashlar if
there is one.

Exit code 1 means that a mandatory policy failed, 2 that a blueprint has problems.`,
		Example: `  ashlar check
  ashlar check blueprints/examples/*
  ashlar check --env prod --output json
  ashlar check --registry "postgres://ci@host:5432/ashlar?search_path=acme__prod"   # is a pin's evidence the record?
  ashlar check --output sarif > ashlar.sarif   # for code scanning
  ashlar check --output github                 # in a workflow: on the pull request's lines`,
		Annotations: outputs("sarif", "github"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return a.check(c.Context(), args, f)
		},
	}
	c.Flags().StringVarP(&f.environment, "env", "e", "", "check only this environment")
	c.Flags().StringArrayVar(&f.policies, "policies", nil, "another folder of policy packs; can be repeated")
	f.addRegistry(c)
	return c
}

// addRegistry adds the flag that names a cluster's registry.
func (f *checkFlags) addRegistry(c *cobra.Command) {
	c.Flags().StringVar(&f.registry, "registry", "",
		"the registry to compare pins' evidence with (default: $ASHLAR_DATABASE, else the local stack's)")
}

func (a *app) check(ctx context.Context, dirs []string, f checkFlags) error {
	c := checker{only: f.environment, library: policies.Library{Further: f.policies}, now: a.now(),
		compare: a.records(f.registry).comparing(ctx)}
	// Code scanning and annotations need the path from where they run.
	c.named = len(dirs) > 1 || a.output == "sarif" || a.output == "github"
	found, err := c.all(ctx, dirs)
	if err != nil {
		return err
	}
	return a.writeCheck(found, len(dirs) > 1)
}

// checker checks folders side by side.
type checker struct {
	only    string // environment
	named   bool   // files are named with their folder
	library policies.Library
	now     time.Time
	compare promote.CompareFunc // nil: pins' evidence is not compared
}

// outcome is the result of checking: problems, or plans with findings.
type outcome struct {
	checked  []checked
	files    []checkedFile // where resources were checked, not blueprints
	findings []policies.Finding
	rules    []*policies.Rule
	problems blueprints.Problems
	exposed  []exposure
}

// all checks the folders, a loader and a judge a core, and returns the outcome
// in the order of the folders.
func (c *checker) all(ctx context.Context, dirs []string) (outcome, error) {
	if len(dirs) > 1 {
		// CUE makes much that is soon forgotten: collect it less often.
		defer debug.SetGCPercent(debug.SetGCPercent(400))
	}
	outcomes, errs := make([]outcome, len(dirs)), make([]error, len(dirs))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(dirs)) {
		group.Go(func() {
			defer crash.Guard()
			w := checkWorker{checker: c}
			for i := next.Add(1) - 1; int(i) < len(dirs); i = next.Add(1) - 1 {
				outcomes[i], errs[i] = w.one(ctx, dirs[i])
			}
		})
	}
	group.Wait()
	var whole outcome
	seen := map[*policies.Rule]bool{}
	for i, o := range outcomes {
		if errs[i] != nil {
			return whole, errs[i]
		}
		whole.checked = append(whole.checked, o.checked...)
		whole.findings = append(whole.findings, o.findings...)
		whole.problems = append(whole.problems, o.problems...)
		whole.exposed = append(whole.exposed, o.exposed...)
		for _, r := range o.rules {
			if !seen[r] {
				seen[r], whole.rules = true, append(whole.rules, r)
			}
		}
	}
	whole.problems = append(whole.problems, sharedHosts(whole.exposed)...)
	return whole, nil
}

// checkWorker is what one goroutine keeps from folder to folder.
type checkWorker struct {
	*checker
	loader blueprints.Loader
	set    *policies.Set
	judge  *policies.Judge
}

func (w *checkWorker) one(ctx context.Context, dir string) (outcome, error) {
	var out outcome
	loaded, err := w.loader.LoadDir(dir, w.only)
	if err := out.take(err); err != nil {
		return out, err
	}
	set, err := w.library.For(dir)
	if err := out.take(err); err != nil {
		return out, err
	}
	for _, one := range loaded { // none where there are problems
		out.problems = append(out.problems, advice.Mistakes(one)...)
		out.exposed = append(out.exposed, exposures(one.Plan, one.Positions,
			func(file string) string { return w.name(dir, file) })...)
	}
	out.problems = out.problems.Sorted()
	if len(out.problems) == 0 {
		if err := w.judged(ctx, &out, dir, set, loaded); err != nil {
			return out, err
		}
	}
	for i := range out.problems {
		out.problems[i].File = w.name(dir, out.problems[i].File)
	}
	for i := range out.findings {
		out.findings[i].File = w.name(dir, out.findings[i].File)
	}
	return out, nil
}

// name is how a file is named in messages: with its folder where that is
// asked for, and those of further packs always as they were given.
func (w *checkWorker) name(dir, file string) string {
	further := slices.ContainsFunc(w.library.Further,
		func(f string) bool { return strings.HasPrefix(file, filepath.ToSlash(f)+"/") })
	if !w.named || further || file == "" {
		return file
	}
	return filepath.Join(dir, file)
}

// take keeps problems and returns any other error.
func (o *outcome) take(err error) error {
	var found blueprints.Problems
	if errors.As(err, &found) {
		o.problems = append(o.problems, found...)
		return nil
	}
	return err
}

// judged checks every environment against the set.
func (w *checkWorker) judged(ctx context.Context, out *outcome, dir string, set *policies.Set,
	loaded map[string]blueprints.Loaded) error {
	if w.set != set {
		w.set, w.judge = set, set.Judge()
	}
	out.rules = set.Rules()
	out.findings = set.Expired(w.now)
	adviser, runs := advice.New(dir), local.Recorded(ctx, dir, advice.RecentRuns)
	for _, name := range slices.Sorted(maps.Keys(loaded)) {
		findings, err := w.judge.Check(loaded[name].Plan, w.now)
		if err != nil {
			return err
		}
		attached := set.Attach(loaded[name].Plan)
		digest, err := attached.Digest()
		if err != nil {
			return err
		}
		one := checked{Dir: dir, Environment: name, Digest: digest, Unlearnt: unlearnt(attached)}
		for i, f := range findings {
			findings[i].File, findings[i].Line, findings[i].Col = loaded[name].Positions.Of(f.PlanPath...)
		}
		pins, err := promote.Findings(dir, attached, loaded[name].Positions, w.now, w.compare)
		if err != nil {
			return err
		}
		findings = append(findings, pins...)
		findings = append(findings, adviser.Findings(attached, loaded[name].Positions)...)
		findings = append(findings, advice.Sizes(attached, loaded[name].Positions, runs)...)
		served := local.RecordedServing(ctx, dir, slices.Sorted(maps.Keys(attached.Endpoints)), advice.RecentRuns)
		findings = append(findings, advice.Serving(attached, loaded[name].Positions, served)...)
		findings = append(findings, advice.Release(attached, loaded[name].Positions)...)
		findings = append(findings, advice.Project(dir, attached)...)
		for _, f := range findings {
			if f.Refuses() {
				one.Refused++
			}
		}
		out.findings = append(out.findings, findings...)
		out.checked = append(out.checked, one)
	}
	return nil
}
