package registry

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// PolicyActor approves where the blueprint says `approval: "auto"`.
const PolicyActor = "policy:auto"

// maxComment bounds a comment, in code points.
const maxComment = 2000

// DecisionError says why somebody's decision was not taken.
type DecisionError struct {
	Model   string
	Version int
	Reason  string
}

// Error names the version and the reason.
func (e *DecisionError) Error() string {
	return fmt.Sprintf("model %s version %d: %s", e.Model, e.Version, e.Reason)
}

// Approve records the approval. The version becomes approved once as many
// different people as its rule asks for have approved.
func (r *Registry) Approve(ctx context.Context, model string, n int, d Decision) (Version, error) {
	return r.decide(ctx, model, n, Approved, d)
}

// Reject records the rejection; the version can never be approved after it.
func (r *Registry) Reject(ctx context.Context, model string, n int, d Decision) (Version, error) {
	return r.decide(ctx, model, n, Rejected, d)
}

// AutoApprove approves by policy, which the version's own rule must allow.
func (r *Registry) AutoApprove(ctx context.Context, model string, n int, reason string) (Version, error) {
	return r.decide(ctx, model, n, Approved, Decision{By: PolicyActor, Comment: reason})
}

func (r *Registry) decide(ctx context.Context, model string, n int, verdict string, d Decision) (Version, error) {
	d.By = strings.TrimSpace(d.By)
	var out Version
	err := r.tx(ctx, func(tx *sql.Tx) error {
		v, err := readVersion(ctx, tx, model, n)
		if err != nil {
			return err
		}
		if reason := objection(v, verdict, d); reason != "" {
			return &DecisionError{Model: model, Version: n, Reason: reason}
		}
		v.Status = after(v, verdict, d)
		if _, err := tx.ExecContext(ctx, `UPDATE versions SET status = ? WHERE model = ? AND version = ?`, v.Status, model, n); err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		action := map[string]string{Approved: "approve", Rejected: "reject"}[verdict]
		at := r.now().UTC()
		seq, err := r.appendAt(ctx, tx, at, event{Actor: d.By, Action: action, Model: model, Version: n, Details: map[string]any{
			"comment": d.Comment, "status": v.Status,
		}})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO decisions (seq, model, version, verdict, decider, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			seq, model, n, verdict, d.By, d.Comment, stamp(at))
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		out, err = readVersion(ctx, tx, model, n)
		return err
	})
	return out, err
}

// objection says why the decision cannot be taken, or "".
func objection(v Version, verdict string, d Decision) string {
	switch {
	case d.By == "":
		return "nobody decides; name yourself with --by"
	case !utf8.ValidString(d.Comment) || utf8.RuneCountInString(d.Comment) > maxComment:
		return fmt.Sprintf("the comment is longer than %d characters or no text", maxComment)
	case v.Status == Rejected:
		return "it was rejected, which is final; train a new version"
	case verdict == Rejected:
		return ""
	case v.Status == Approved:
		return "it is approved already"
	case strings.EqualFold(d.By, PolicyActor) && v.Approval.Policy != "auto":
		return "its rule asks for a person's approval, so the policy cannot approve it"
	case v.Approval.Policy == "auto":
		return ""
	case v.Approval.NotAuthor && sameActor(d.By, v.Author):
		return fmt.Sprintf("%s trained it, and the blueprint asks for somebody other than the author", v.Author)
	case len(v.Approval.Approvers) > 0 && !slices.ContainsFunc(v.Approval.Approvers, func(a string) bool { return sameActor(a, d.By) }):
		return fmt.Sprintf("%s is not among its approvers, who are %s", d.By, strings.Join(v.Approval.Approvers, ", "))
	case slices.ContainsFunc(v.Decisions, func(r RecordedDecision) bool { return r.Verdict == Approved && sameActor(r.By, d.By) }):
		return fmt.Sprintf("%s has approved it already; it needs %d different people", d.By, v.Approval.Count)
	}
	return ""
}

// after is the version's status once the decision is taken.
func after(v Version, verdict string, d Decision) string {
	if verdict == Rejected {
		return Rejected
	}
	approvals := 1
	for _, r := range v.Decisions {
		if r.Verdict == Approved {
			approvals++
		}
	}
	if d.By == PolicyActor || approvals >= max(1, v.Approval.Count) {
		return Approved
	}
	return Pending
}

func sameActor(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}
