package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/stacks/promote"
)

// promoteFlags are the flags of promoting and rolling back.
type promoteFlags struct {
	environment string
	dryRun      bool
}

func (f *promoteFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.environment, "env", "e", "prod", "the environment that will serve it")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only report whether it is possible; write nothing")
}

func modelPromoteVerb(m *modelApp) *cobra.Command {
	var f promoteFlags
	c := &cobra.Command{
		Use:   "promote NAME VERSION",
		Short: "Pin a version for an environment, with its evidence, for review",
		Long: `Promote writes a pin to pins.cue beside the blueprint: the version's number and the
digests of its model file, data, plan and evidence. The evidence is written to evidence/.
Commit both files. From then on the environment serves only that version, and ashlar
check refuses the pin if its evidence does not verify, if approvals are missing, or if
it no longer passes the gates. git revert restores the previous version.

A version that must not be served is refused with exit code 1 and the reasons.`,
		Example: `  ashlar model promote default-risk 3
  ashlar model promote default-risk 3 --env staging
  ashlar model promote default-risk 3 --dry-run --output json`,
		RunE: func(c *cobra.Command, args []string) error {
			name, n, err := version(c, args)
			if err != nil {
				return err
			}
			return m.promote(c.Context(), name, n, f)
		},
	}
	f.add(c)
	return c
}

func (m *modelApp) promote(ctx context.Context, name string, n int, f promoteFlags) error {
	p, of, err := m.promotion(ctx, name, n, f.environment)
	if err != nil {
		return err
	}
	w, err := promote.New(of)
	if err != nil {
		return err
	}
	return m.pin(p, of, w, f)
}

// promotion is what is known of the version, and the plan of the environment
// that it is to serve.
func (m *modelApp) promotion(ctx context.Context, name string, n int, environment string) (*plan.Plan,
	govern.Promotion, error) {
	p, err := m.planWith(name, environment)
	if err != nil {
		return nil, govern.Promotion{}, err
	}
	var v registry.Version
	if err := m.with(ctx, func(r *registry.Registry) (err error) {
		v,
			err = r.Version(ctx, name, n)
		return err
	}); err != nil {
		return nil, govern.Promotion{}, err
	}
	var before *govern.Before
	if old, ok := p.Pins[name]; ok {
		before = &govern.Before{Version: old.Version, Model: old.Model}
		if was, err := promote.ReadEvidence(m.dir, name, old); err == nil {
			before.Metrics = was.Version.Metrics
		}
	}
	return p, govern.Promote(environment, v, before), nil
}

// planWith is the environment's plan, which must have the model.
func (m *modelApp) planWith(model, environment string) (*plan.Plan, error) {
	if _, ok := plan.PreviewNumber(environment); ok {
		return nil, usageError(fmt.Sprintf("%s is the preview of a pull request, which serves what it has trained and has no pins; name an environment such as prod", environment))
	}
	p, err := loadPlan(m.dir, environment)
	if err != nil {
		return nil, err
	}
	if _, ok := p.Models[model]; !ok {
		names := slices.Sorted(maps.Keys(p.Models))
		return nil, usageError(fmt.Sprintf("model %q is not in the blueprint; %s", model,
			orElse(nearest.Hint(model, names), "it has "+orNone(names))))
	}
	return p, nil
}

// pin judges the version, and writes its pin where nothing is against it.
func (m *modelApp) pin(p *plan.Plan, of govern.Promotion, w promote.Pinning, f promoteFlags) error {
	verdict, err := promote.Judge(p, of, m.now())
	if err != nil {
		return err
	}
	if !verdict.Servable() {
		return m.notPromoted(of, f, verdict)
	}
	w.Dir, w.Model, w.Environment = m.dir, of.Version.Model, f.environment
	answer := map[string]any{"model": w.Model, "environment": w.Environment, "pin": w.Pin,
		"before": of.Before, "pinned": !f.dryRun}
	var files []string
	if !f.dryRun {
		if files, err = w.Write(); err != nil {
			return err
		}
		answer["files"] = files
	}
	switch {
	case m.json():
		return m.writeJSON(answer)
	case f.dryRun:
		fmt.Fprintf(m.out, "%s version %d may be pinned in %s\n", w.Model, w.Pin.Version, w.Environment)
		return nil
	}
	fmt.Fprintf(m.out, "%s is pinned to version %d in %s", w.Model, w.Pin.Version, w.Environment)
	if of.Before != nil {
		fmt.Fprintf(m.out, " (was %d)", of.Before.Version)
	}
	fmt.Fprintf(m.out, "\nnext:\n  git add %s && git commit -m \"Serve %s version %d in %s\"\n",
		strings.Join(files, " "), w.Model, w.Pin.Version, w.Environment)
	return nil
}

// notPromoted says everything that is against the version.
func (m *modelApp) notPromoted(of govern.Promotion, f promoteFlags, v govern.Verdict) error {
	name, n := of.Version.Model, of.Version.Version
	if m.json() {
		if err := m.writeJSON(map[string]any{"model": name, "version": n, "environment": f.environment, "pinned": false,
			"reasons": v.Reasons, "refused": v.Refused}); err != nil {
			return err
		}
		return silent{errFindings}
	}
	fmt.Fprintf(m.err, "ashlar: %s version %d is not pinned in %s\n", name, n, f.environment)
	for _, reason := range v.Reasons {
		fmt.Fprintf(m.err, "  it %s\n", reason)
	}
	for _, r := range v.Refused {
		fmt.Fprintf(m.err, "  %s\n    fix: %s\n", r, r.Fix)
	}
	switch {
	case of.Version.Approval.Policy == "auto" && len(v.Reasons) > 0:
		fmt.Fprintf(m.err, "  it was registered where the policy approves; `%s` registers it where people do\n",
			upCommand(m.dir, m.state, f.environment))
	case of.Version.Status == registry.Pending:
		fmt.Fprintf(m.err, "  approve with: %s\n", m.command("model", "approve", name, strconv.Itoa(n), "--by", "NAME"))
	}
	return silent{errFindings}
}

// upCommand builds the models of the environment again.
func upCommand(dir, state, environment string) string {
	words := []string{"up", "--env", environment, "--build"}
	if dir != "" && dir != "." {
		words = append(words, dir)
	}
	return local.Command("", state, words...)
}
