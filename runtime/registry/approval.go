package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// PolicyActor approves where the blueprint says `approval: "auto"`.
const PolicyActor = "policy:auto"

// maxComment bounds a comment, in code points.
const maxComment = 2000

// Approve records the approval. The version becomes approved once as many
// different people as its rule asks for have approved. One that is approved
// takes further approvals only while its rule, tightened since, asks for them.
func (r *Registry) Approve(ctx context.Context, model string, n int, d Decision) (Version, error) {
	return r.decide(ctx, model, n, Approved, d)
}

// Reject records the rejection, which is final: the version can never be
// approved after it, and its endpoints stop serving it. Anybody may reject, as
// anybody may pull an emergency brake; the log says who did.
func (r *Registry) Reject(ctx context.Context, model string, n int, d Decision) (Version, error) {
	return r.decide(ctx, model, n, Rejected, d)
}

// decide takes a person's decision.
// Who decides is what the caller says; proving it is the caller's, see package
// login and the duties of Grant. The version is read in the transaction that
// writes, so two approvals at once are both counted.
func (r *Registry) decide(ctx context.Context, model string, n int, verdict string, d Decision) (Version, error) {
	by, err := Person(d.By)
	if err != nil {
		return Version{}, &DecisionError{Model: model, Version: n, Reason: "missing decider: " + err.Error() +
			"; name yourself with --by", Cause: ErrNobody}
	}
	d.By = by
	var out Version
	err = r.change(ctx, func(c *change) error {
		v, err := readVersion(ctx, c.handle, model, n)
		if err != nil {
			return err
		}
		if err := objection(v, verdict, d); err != nil {
			return err
		}
		out, err = c.decided(ctx, v, verdict, d)
		return err
	})
	return out, err
}

// AutoApprove approves by policy, which the version's own rule must allow. A
// version that is approved already is left as it is.
//
// The rule is the one that the version was registered with. What serves compares
// with the blueprint again, as whoever trains writes the version.
func (r *Registry) AutoApprove(ctx context.Context, model string, n int, reason string) (Version, error) {
	var out Version
	err := r.change(ctx, func(c *change) error {
		v, err := readVersion(ctx, c.handle, model, n)
		if err != nil {
			return err
		}
		switch {
		case v.Status == Rejected:
			return rejectedAlready(v)
		case v.Approval.Policy != "auto":
			return v.object(ErrPolicy, "its rule asks for a person's approval, so the policy cannot approve it")
		case v.Status == Approved:
			out = v
			return nil
		}
		out, err = c.decided(ctx, v, Approved, Decision{By: PolicyActor, Comment: reason})
		return err
	})
	return out, err
}

// decided writes the decision and its entry and returns the version after it.
// The three writes are one transaction; VerifyAudit compares both tables with the
// entry, whose details therefore repeat the status.
func (c *change) decided(ctx context.Context, v Version, verdict string, d Decision) (Version, error) {
	status := after(v, verdict, d)
	action := ActionApprove
	if verdict == Rejected {
		action = ActionReject
	}
	seq, err := c.append(ctx, event{Actor: d.By, Action: action, Model: v.Model,
		Version: v.Version, Details: map[string]any{
			"comment": d.Comment, "status": status,
		}})
	if err != nil {
		return v, err
	}
	// The decision comes first: PostgreSQL lets a version be no more than its
	// decisions make of it.
	_, err = c.ExecContext(ctx, `INSERT INTO decisions (seq, model, version, verdict, decider, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		seq, v.Model, v.Version, verdict, d.By, d.Comment, stamp(c.at))
	if err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	if _, err := c.ExecContext(ctx, `UPDATE versions SET status = ? WHERE model = ? AND version = ?`, status,
		v.Model, v.Version); err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	return readVersion(ctx, c.handle, v.Model, v.Version)
}

// objection says why a person's decision cannot be taken, or nil.
// The order gives the most useful reason first: final states, then repetition,
// then who the person is. A rejection needs nothing but a valid comment and a
// version that is not rejected yet.
func objection(v Version, verdict string, d Decision) error {
	rule := v.Approval
	if !utf8.ValidString(d.Comment) || strings.ContainsRune(d.Comment, 0) ||
		utf8.RuneCountInString(d.Comment) > maxComment {
		return v.object(ErrComment, "the comment is longer than %d characters or no text", maxComment)
	}
	if v.Status == Rejected {
		return rejectedAlready(v)
	}
	if verdict == Rejected {
		return nil
	}
	// An identity counts once however its name is spelled; see Identity.
	counted := v.Approvals(rule)
	switch {
	case slices.Contains(counted, Identity(d.By)):
		return v.object(ErrRepeated, "%s has approved it already; it needs %d different people and has %d", d.By,
			max(1, rule.Count), len(counted))
	case v.Status == Approved && (rule.Policy == "auto" || len(counted) >= max(1, rule.Count)):
		return v.object(ErrApproved, "it is approved already")
	// A person may approve what the policy would approve anyway, also the author.
	case rule.Policy == "auto":
		return nil
	case rule.NotAuthor && Identity(d.By) == Identity(v.Author):
		return v.object(ErrAuthor, "%s trained it, and the blueprint asks for somebody other than the author", v.Author)
	case !named(rule, d.By):
		return v.object(ErrNotApprover, "%s is not among its approvers, who are %s", d.By,
			strings.Join(rule.Approvers, ", "))
	}
	return nil
}

// rejectedAlready is the objection to any decision on a rejected version.
func rejectedAlready(v Version) error {
	return v.object(ErrRejected, "it was rejected, which is final; train a new version")
}

// object is a decision error about this version; cause is what errors.Is finds.
func (v Version) object(cause error, format string, args ...any) error {
	return &DecisionError{Model: v.Model, Version: v.Version, Reason: fmt.Sprintf(format, args...), Cause: cause}
}

// after is the version's status once the decision is taken.
// A version never leaves Approved but by a rejection: a rule that was tightened
// since asks for more approvals when it is served, not here.
func after(v Version, verdict string, d Decision) string {
	if verdict == Rejected {
		return Rejected
	}
	v.Decisions = append(slices.Clone(v.Decisions), RecordedDecision{Verdict: Approved, By: d.By})
	if v.Status == Approved || v.Approval.Policy == "auto" || len(v.Approvals(v.Approval)) >= max(1, v.Approval.Count) {
		return Approved
	}
	return Pending
}

// Approvals returns the identities of the different people whose approval
// counts under the rule, which may be another than the version was registered
// with: named where it names approvers, not the author where it says so, and
// never the policy.
func (v Version) Approvals(rule plan.Approval) []string {
	out := []string{}
	for _, d := range v.Decisions {
		who := Identity(d.By)
		author := rule.NotAuthor && who == Identity(v.Author)
		if d.Verdict == Approved && who != PolicyActor && !author && named(rule, who) && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}

// named reports whether the rule lets that person approve.
// An empty list lets everybody.
func named(rule plan.Approval, who string) bool {
	return len(rule.Approvers) == 0 || slices.ContainsFunc(rule.Approvers,
		func(a string) bool { return Identity(a) == Identity(who) })
}
