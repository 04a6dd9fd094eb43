package main

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/drift/accept"
	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// kept is what was done on GitHub about the findings.
type kept struct {
	Issue       *github.Outcome `json:"issue,omitempty"`
	PullRequest *github.Outcome `json:"pull_request,omitempty"`
	Offers      []drift.Offer   `json:"offers,omitempty"` // what the pull request writes
}

// keep has the issue and the pull request stand as the findings say. Those that the pull
// request offers are not in the issue, unless somebody has declined it: they differ still.
func (a *app) keep(ctx context.Context, hub *github.Client, f *driftFlags, dirs []string,
	found *drift.Report) (kept, error) {
	var out kept
	rest := *found
	if f.pull {
		result, err := a.acceptable(dirs, found)
		if err != nil {
			return out, err
		}
		outcome, err := a.offer(ctx, hub, f, result)
		if err != nil {
			return out, err
		}
		out.PullRequest, out.Offers = &outcome, result.Offers
		if outcome.Action != github.Declined {
			rest.Findings = result.Rest
		}
	}
	if f.issue {
		outcome, err := hub.Stand(ctx, f.standing(rest))
		if err != nil {
			return out, err
		}
		out.Issue = &outcome
	}
	return out, nil
}

// acceptable is what of the findings the blueprints can take. Why others cannot be taken
// becomes notes of the report.
func (a *app) acceptable(dirs []string, found *drift.Report) (accept.Result, error) {
	var err error
	if len(dirs) == 0 {
		if dirs, err = blueprints.Find("."); err != nil {
			return accept.Result{}, err
		}
	}
	result, err := accept.Write(dirs, found.Findings)
	found.Notes = append(found.Notes, result.Notes...)
	return result, err
}

// offer has one pull request with the offers, or none where there are no offers.
func (a *app) offer(ctx context.Context, hub *github.Client, f *driftFlags, r accept.Result) (github.Outcome, error) {
	p := github.Proposal{Base: f.base, Branch: "ashlar/" + f.key(),
		Title: "Accept what runs" + f.place(), Message: "Accept what runs" + f.place(),
		Files: map[string][]byte{}, Replaced: map[string][]byte{}}
	if len(r.Offers) == 0 {
		return hub.Withdraw(ctx, p, "What runs no longer differs from the blueprint in these values.")
	}
	names := map[string]string{} // in the repository, by path
	for _, file := range r.Files {
		at, err := revision.Open(ctx, file.Dir, "HEAD")
		if err != nil {
			return github.Outcome{}, err
		}
		within, err := at.Within(file.Dir)
		if err != nil {
			return github.Outcome{}, err
		}
		name := path.Join(within, file.Name)
		p.Files[name], p.Replaced[name] = file.After, file.Before
		names[filepath.Join(file.Dir, file.Name)] = name
	}
	for i, one := range r.Offers {
		r.Offers[i].File = names[one.File]
	}
	p.Body, p.Identity = drift.Proposal(r.Offers), drift.Identity(r.Offers)
	return hub.Propose(ctx, p)
}

// key begins what belongs to an environment on GitHub, and place names it for people.
func (f *driftFlags) key() string {
	if f.Environment == "" {
		return "drift"
	}
	return "drift-" + f.Environment
}

func (f *driftFlags) place() string {
	if f.Environment == "" {
		return ""
	}
	return " in " + f.Environment
}

// told prints what was done on GitHub.
func (a *app) told(k kept) {
	for _, one := range []struct {
		noun string
		of   *github.Outcome
	}{{"issue", k.Issue}, {"pull request", k.PullRequest}} {
		if one.of == nil {
			continue
		}
		line := one.noun + " " + one.of.Action
		if one.of.URL != "" {
			line += "  " + one.of.URL
		}
		fmt.Fprintln(a.out, line)
	}
}
