package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v60/github"
)

// rules are the parts of a branch's protection that the setup is about.
type rules struct {
	approvals                          int
	owners, stale, admins              bool // code owners review; stale approvals go; administrators too
	current, forced, deletable, passed bool // up to date; force pushes; deletion; somebody needs no pull request
	checks                             []string
}

// String is the rules in words, the same for the same rules.
func (r rules) String() string {
	out := fmt.Sprintf("%d approvals, code owners %t, stale approvals dismissed %t, administrators too %t, "+
		"branches up to date %t", r.approvals, r.owners, r.stale, r.admins, r.current)
	for _, hole := range []struct {
		open  bool
		words string
	}{{r.forced, "force pushes"}, {r.deletable, "deletion"}, {r.passed, "pushes without a pull request by some"}} {
		if hole.open {
			out += ", " + hole.words + " allowed"
		}
	}
	return out + ", checks " + strings.Join(r.checks, ", ")
}

// protection compares the branch's protection with the setup's. What is there and is
// stricter, further checks and a higher number of approvals, stays.
func (c *Client) protection(ctx context.Context, s Setup) ([]Step, error) {
	doing := "protection of branch " + s.Branch
	have, _, err := c.api.Repositories.GetBranchProtection(ctx, c.owner, c.name, s.Branch)
	if err != nil && status(err) != 404 && !errors.Is(err, github.ErrBranchNotProtected) {
		return nil, explained(doing, err)
	}
	now, found := "none", rules{}
	if err == nil {
		found = rulesOf(have)
		now = found.String()
	} else {
		have = &github.Protection{}
	}
	want := rules{approvals: max(1, found.approvals), owners: true, stale: true, admins: true, current: true,
		checks: append(slices.Clone(s.Checks), found.checks...)}
	slices.Sort(want.checks)
	want.checks = slices.Compact(want.checks)
	// Compared as text: GitHub returns more fields than are asked for.
	if now == want.String() {
		return nil, nil
	}
	return []Step{{What: doing, Now: now, Want: want.String(), apply: func(ctx context.Context) error {
		_, _, err := c.api.Repositories.UpdateBranchProtection(ctx, c.owner, c.name, s.Branch, want.request(have))
		return err
	}}}, nil
}

// rulesOf are the rules of a protection.
func rulesOf(p *github.Protection) rules {
	out := rules{admins: p.EnforceAdmins != nil && p.EnforceAdmins.Enabled,
		forced:    p.AllowForcePushes != nil && p.AllowForcePushes.Enabled,
		deletable: p.AllowDeletions != nil && p.AllowDeletions.Enabled}
	if had := p.RequiredStatusChecks; had != nil {
		out.current = had.Strict
		for _, one := range value(had.Checks) {
			out.checks = append(out.checks, one.Context)
		}
		out.checks = append(out.checks, value(had.Contexts)...)
		slices.Sort(out.checks)
		out.checks = slices.Compact(out.checks)
	}
	if r := p.RequiredPullRequestReviews; r != nil {
		out.approvals, out.owners, out.stale = r.RequiredApprovingReviewCount,
			r.RequireCodeOwnerReviews, r.DismissStaleReviews
		b := r.BypassPullRequestAllowances
		out.passed = b != nil && len(b.Users)+len(b.Teams)+len(b.Apps) > 0
	}
	return out
}

// request asks for the rules. GitHub's call replaces the whole protection: what the
// setup does not know of, such as who may push at all, is asked for as it is, or it
// would be gone. Signatures have a call of their own and stay by themselves.
func (r rules) request(have *github.Protection) *github.ProtectionRequest {
	no := false
	out := &github.ProtectionRequest{
		RequiredStatusChecks: r.required(have.RequiredStatusChecks),
		RequiredPullRequestReviews: &github.PullRequestReviewsEnforcementRequest{
			DismissStaleReviews: r.stale, RequireCodeOwnerReviews: r.owners, RequiredApprovingReviewCount: r.approvals,
		},
		EnforceAdmins: r.admins, AllowForcePushes: &no, AllowDeletions: &no,
	}
	if had := have.RequiredPullRequestReviews; had != nil {
		out.RequiredPullRequestReviews.RequireLastPushApproval = &had.RequireLastPushApproval
		if d := had.DismissalRestrictions; d != nil {
			users, teams, apps := named(d.Users, d.Teams, d.Apps)
			out.RequiredPullRequestReviews.DismissalRestrictionsRequest = &github.DismissalRestrictionsRequest{
				Users: &users, Teams: &teams, Apps: &apps}
		}
	}
	if had := have.Restrictions; had != nil {
		users, teams, apps := named(had.Users, had.Teams, had.Apps)
		out.Restrictions = &github.BranchRestrictionsRequest{Users: users, Teams: teams, Apps: apps}
	}
	if had := have.RequireLinearHistory; had != nil {
		out.RequireLinearHistory = &had.Enabled
	}
	if had := have.RequiredConversationResolution; had != nil {
		out.RequiredConversationResolution = &had.Enabled
	}
	if had := have.BlockCreations; had != nil {
		out.BlockCreations = had.Enabled
	}
	if had := have.LockBranch; had != nil {
		out.LockBranch = had.Enabled
	}
	if had := have.AllowForkSyncing; had != nil {
		out.AllowForkSyncing = had.Enabled
	}
	return out
}

// required asks for the checks. GitHub takes them by name, or with the app that must
// report each, and not both; one that had an app keeps it, or anybody could report it.
func (r rules) required(had *github.RequiredStatusChecks) *github.RequiredStatusChecks {
	apps := map[string]*int64{}
	if had != nil {
		for _, one := range value(had.Checks) {
			if one.AppID != nil {
				apps[one.Context] = one.AppID
			}
		}
	}
	if len(apps) == 0 {
		return &github.RequiredStatusChecks{Strict: r.current, Contexts: &r.checks}
	}
	list := make([]*github.RequiredStatusCheck, len(r.checks))
	for i, name := range r.checks {
		list[i] = &github.RequiredStatusCheck{Context: name, AppID: apps[name]}
	}
	return &github.RequiredStatusChecks{Strict: r.current, Checks: &list}
}

// named are people, teams and apps as GitHub's requests name them; empty, and not nil,
// where there are none.
func named(users []*github.User, teams []*github.Team, apps []*github.App) (u, t, a []string) {
	u, t, a = []string{}, []string{}, []string{}
	for _, one := range users {
		u = append(u, one.GetLogin())
	}
	for _, one := range teams {
		t = append(t, one.GetSlug())
	}
	for _, one := range apps {
		a = append(a, one.GetSlug())
	}
	return u, t, a
}

// value is the list that is pointed to, or none.
func value[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}
