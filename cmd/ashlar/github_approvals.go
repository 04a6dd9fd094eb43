package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/promote"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// approvalFlags say whose reviews count as whose word.
type approvalFlags struct {
	pull  int
	as    map[string]string // login -> name that the blueprint knows
	teams map[string]string // approver of the blueprint -> team
}

func githubApprovalsVerb(g *githubApp) *cobra.Command {
	m := &modelApp{app: g.app}
	var f approvalFlags
	c := &cobra.Command{
		Use:   "approvals NAME VERSION",
		Short: "Record the approving reviews of a merged pull request in the audit log",
		Long: `Approvals finds out who approved the merged commit of a pull request and records it
in the registry: the reviews count as approvals of a version that waits for them, by
the rules of the blueprint, and the audit log gets each review once, with its URL.

The names are GitHub logins. --as LOGIN=NAME maps a login to a name in the blueprint,
and --team APPROVER=TEAM lets the members of a team approve for a group.`,
		Example: `  ashlar github approvals default-risk 3 --pr 12
  ashlar github approvals default-risk 3 --pr 12 --team risk-officers=risk --as ada-l=ada@example.com`,
		RunE: func(c *cobra.Command, args []string) error {
			name, n, err := version(c, args)
			if err != nil {
				return err
			}
			if f.pull, err = g.pullRequest(f.pull); err != nil {
				return err
			}
			return g.approvals(c.Context(), m, name, n, f)
		},
	}
	m.dirFlag(c.Flags())
	m.registryFlags(c)
	c.Flags().IntVar(&f.pull, "pr", 0, "the pull request's number (default: the workflow's)")
	c.Flags().StringToStringVar(&f.as, "as", nil, "LOGIN=NAME: the name of a login in the blueprint; can be repeated")
	c.Flags().StringToStringVar(&f.teams, "team", nil,
		"APPROVER=TEAM: a team whose members approve for a group; can be repeated")
	return c
}

// reviewOutcome is what became of one review.
type reviewOutcome struct {
	Login    string `json:"login"`
	Name     string `json:"name"`
	Recorded bool   `json:"recorded"` // in the audit log, by this run
	Approved bool   `json:"approved"` // it counted as an approval
	Why      string `json:"why,omitempty"`
}

func (g *githubApp) approvals(ctx context.Context, m *modelApp, name string, n int, f approvalFlags) error {
	c, err := g.client()
	if err != nil {
		return err
	}
	reviewed, err := c.Reviews(ctx, f.pull)
	if err != nil {
		return err
	}
	if !reviewed.Merged {
		return usageError(fmt.Sprintf("pull request %d is not merged: its approvals count once it is", f.pull))
	}
	var out []reviewOutcome
	err = m.with(ctx, func(r *registry.Registry) error {
		v, err := r.Version(ctx, name, n)
		if err != nil {
			return err
		}
		if err := g.promotes(ctx, c, m, reviewed, v); err != nil {
			return err
		}
		for _, a := range reviewed.Approved {
			one := reviewOutcome{Login: a.Login}
			if one.Name, err = f.nameOf(ctx, c, a.Login); err != nil {
				return err
			}
			if err := one.record(ctx, r, name, n, reviewed, a); err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return g.writeOutcomes(reviewed, out)
}

// nameOf is who a login is in the blueprint.
func (f approvalFlags) nameOf(ctx context.Context, c *github.Client, login string) (string, error) {
	for known, name := range f.as {
		if strings.EqualFold(known, login) {
			return name, nil
		}
	}
	for _, approver := range slices.Sorted(maps.Keys(f.teams)) {
		in, err := c.Member(ctx, f.teams[approver], login)
		if err != nil {
			return "", err
		}
		if in {
			return approver, nil
		}
	}
	return login, nil
}

// tell puts the review into the log, and takes it for an approval where the
// version waits for one.
func (t *reviewOutcome) record(ctx context.Context, r *registry.Registry, model string, n int, p github.Reviewed,
	a github.Approval) (err error) {
	comment := fmt.Sprintf("review by %s of %.12s", a.Login, p.Head)
	_, err = r.Approve(ctx, model, n, registry.Decision{By: t.Name, Comment: comment + ", " + a.URL})
	var refused *registry.DecisionError
	switch {
	case errors.As(err, &refused):
		t.Why = refused.Reason
	case err != nil:
		return err
	default:
		t.Approved = true
	}
	t.Recorded, err = r.RecordReview(ctx, model, n, registry.Review{By: t.Name, Source: a.URL, Comment: comment})
	return err
}

// promotes errs unless the commit that was reviewed holds the evidence of the
// version that the registry has.
func (g *githubApp) promotes(ctx context.Context, c *github.Client, m *modelApp, p github.Reviewed,
	v registry.Version) error {
	r, err := revision.Open(ctx, m.dir, "HEAD")
	if err != nil {
		return err
	}
	within, err := r.Within(m.dir)
	if err != nil {
		return err
	}
	file := path.Join(within, promote.EvidenceFile(v.Model, v.Version))
	text, err := c.File(ctx, p.Head, file)
	if err != nil {
		return err
	}
	of, _, err := govern.DecodePromotion(bytes.NewReader(text))
	if err != nil || of.Version.ModelDigest != v.ModelDigest {
		return usageError(fmt.Sprintf("pull request %d does not promote %s version %d (model %s): the commit that was reviewed has no such evidence in %s", p.Number, v.Model, v.Version, plan.ShortDigest(v.ModelDigest), file))
	}
	return nil
}

func (g *githubApp) writeOutcomes(p github.Reviewed, list []reviewOutcome) error {
	if g.json() {
		return g.writeJSON(map[string]any{"pull_request": p, "reviews": list})
	}
	for _, t := range list {
		word := "was in the audit log already"
		switch {
		case t.Approved:
			word = "is recorded, and counts as an approval"
		case t.Recorded:
			word = "is recorded but does not count as an approval: " + t.Why
		}
		fmt.Fprintf(g.out, "the review by %s (%s) %s\n", t.Login, t.Name, word)
	}
	if len(list) == 0 {
		fmt.Fprintf(g.out, "nobody but its author approved commit %.12s of pull request %d\n", p.Head, p.Number)
	}
	return nil
}
