package main

import (
	"context"
	"fmt"
	"path"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/stacks/promote"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// maxPinCommits bounds how far back an earlier pin is looked for.
const maxPinCommits = 200

func modelRollbackVerb(m *modelApp) *cobra.Command {
	var f promoteFlags
	c := &cobra.Command{
		Use:   "rollback NAME",
		Short: "Pin the version that was pinned before the current one",
		Long: `Rollback finds the environment's previous pin in the Git history of pins.cue and
writes it again. The result is that of git revert, also if later commits conflict with
a revert. A version that must no longer be served is refused.`,
		Example: `  ashlar model rollback default-risk
  ashlar model rollback default-risk --env staging --dry-run`,
		Annotations: map[string]string{"registry": "none"}, // the evidence beside the blueprint is what it goes by
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("model rollback takes a model's name, such as: ashlar model rollback default-risk")
			}
			return m.rollback(c.Context(), args[0], f)
		},
	}
	f.add(c)
	return c
}

func (m *modelApp) rollback(ctx context.Context, name string, f promoteFlags) error {
	p, err := m.planWith(name, f.environment)
	if err != nil {
		return err
	}
	now, ok := p.Pins[name]
	if !ok {
		return usageError(fmt.Sprintf("%s has no pin in %s, so there is nothing to roll back; `%s` makes one", name,
			f.environment,
			m.command("model", "promote", name, "VERSION")))
	}
	before, commit, err := m.earlierPin(ctx, name, f.environment, now)
	if err != nil {
		return err
	}
	of, err := promote.ReadEvidence(m.dir, name, before)
	if err != nil {
		return fmt.Errorf("version %d was pinned at %.12s, but %w; `git checkout %.12s -- evidence` brings it back",
			before.Version, commit, err, commit)
	}
	of.Before = &govern.Before{Version: now.Version, Model: now.Model}
	return m.pin(p, of, promote.Pinning{Pin: before}, f)
}

// earlierPin is the last pin in the history that is another one.
func (m *modelApp) earlierPin(ctx context.Context, model, environment string, now plan.Pin) (pin plan.Pin,
	commit string, err error) {
	r, err := revision.Open(ctx, m.dir, "HEAD")
	if err != nil {
		return pin, "", err
	}
	within, err := r.Within(m.dir)
	if err != nil {
		return pin, "", err
	}
	found := false
	err = r.Before(ctx, path.Join(within, blueprints.PinsFile), maxPinCommits, func(at, text string) bool {
		pins, err := blueprints.ParsePins([]byte(text))
		if err != nil {
			return false
		}
		for _, section := range []string{environment, ""} {
			if was, ok := pins[section][model]; ok && was != now {
				pin, commit, found = was, at, true
				return true
			}
		}
		return false
	})
	if err != nil || found {
		return pin, commit, err
	}
	return pin, "", usageError(fmt.Sprintf("%s has had no other pin in %s than version %d; remove it from %s to serve the newest version that may be", model, environment, now.Version, blueprints.PinsFile))
}
