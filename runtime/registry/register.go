package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// RefusedError says why a candidate was not registered: every reason.
type RefusedError struct {
	Model   string
	Reasons []string
}

// Error lists the reasons, a line each.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("model %s is refused:\n  %s", e.Model, strings.Join(e.Reasons, "\n  "))
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Register makes the candidate the model's next version, pending approval, or
// returns the version it already is. A candidate with a gate that does not
// hold or with incomplete metadata is refused with a *RefusedError, and the
// audit log says so.
func (r *Registry) Register(ctx context.Context, c Candidate) (Version, error) {
	var out Version
	var refused *RefusedError
	err := r.tx(ctx, func(tx *sql.Tx) error {
		if reasons := r.refusal(c); len(reasons) > 0 {
			refused = &RefusedError{Model: c.Model, Reasons: reasons}
			return r.append(ctx, tx, event{Actor: c.Author, Action: "refuse", Model: c.Model, Details: map[string]any{
				"model_digest": c.ModelDigest, "reasons": reasons,
			}})
		}
		known, err := knownVersion(ctx, tx, c)
		if err == nil {
			out, err = r.renew(ctx, tx, known, c)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("registry: %w", err)
		}
		out, err = r.insert(ctx, tx, c)
		return err
	})
	if err == nil && refused != nil {
		return Version{}, refused
	}
	return out, err
}

func (r *Registry) refusal(c Candidate) []string {
	var out []string
	lacks := func(bad bool, format string, args ...any) {
		if bad {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	lacks(c.Model == "", "it has no name")
	lacks(strings.TrimSpace(c.Author) == "", "it has no author")
	lacks(len(c.Metrics) == 0, "it has no metrics")
	lacks(c.TrainedAt.IsZero(), "it has no training date")
	lacks(c.TrainedAt.After(r.now().Add(time.Minute)), "its training date %s is in the future", c.TrainedAt.Format(time.RFC3339))
	lacks(c.Data.Source == "", "its data source is not named")
	for _, d := range [][2]string{{"model", c.ModelDigest}, {"plan", c.PlanDigest}, {"data", c.Data.Digest}} {
		lacks(!digestForm.MatchString(d[1]), "its %s digest is %q, not sha256 and 64 hexadecimal digits", d[0], d[1])
	}
	for _, g := range c.Gates {
		reason := g.Reason
		if reason == "" {
			reason = "gate " + g.Name + " does not hold, must be " + g.Want
		}
		lacks(!g.Passed, "%s", reason)
	}
	return out
}

func knownVersion(ctx context.Context, q querier, c Candidate) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT version FROM versions WHERE model = ? AND model_digest = ?`, c.Model, c.ModelDigest).Scan(&n)
	return n, err
}

// renew brings a version that is there already up to date with the plan that
// asks for it now: who must approve it, and the evidence. What it was made
// from cannot change, as its digest is the same. A change of either is logged.
func (r *Registry) renew(ctx context.Context, tx *sql.Tx, n int, c Candidate) (Version, error) {
	v, err := readVersion(ctx, tx, c.Model, n)
	if err != nil {
		return v, err
	}
	asked := v.Candidate
	asked.PlanDigest, asked.Environment, asked.Approval = c.PlanDigest, c.Environment, c.Approval
	asked.Gates, asked.Metrics, asked.Evidence = c.Gates, c.Metrics, c.Evidence
	before, err := plan.Canonical(v.Candidate)
	if err != nil {
		return v, err
	}
	body, err := plan.Canonical(asked)
	if err != nil || string(before) == string(body) {
		return v, err
	}
	v.Candidate = asked
	if _, err := tx.ExecContext(ctx, `UPDATE versions SET body = ? WHERE model = ? AND version = ?`, string(body), c.Model, n); err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	return v, r.append(ctx, tx, event{Actor: c.Author, Action: "renew", Model: c.Model, Version: n, Details: map[string]any{
		"plan_digest": c.PlanDigest, "environment": c.Environment, "body_digest": plan.DigestBytes(body), "approval": c.Approval,
	}})
}

func (r *Registry) insert(ctx context.Context, tx *sql.Tx, c Candidate) (Version, error) {
	v := Version{Candidate: c, Status: Pending, CreatedAt: r.now().UTC(), Decisions: []RecordedDecision{}, Aliases: []string{}}
	v.TrainedAt = v.TrainedAt.UTC()
	body, err := plan.Canonical(v.Candidate)
	if err != nil {
		return v, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) + 1 FROM versions WHERE model = ?`, c.Model).Scan(&v.Version); err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO versions (model, version, model_digest, status, author, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.Model, v.Version, c.ModelDigest, v.Status, c.Author, stamp(v.CreatedAt), string(body))
	if err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	_, err = r.appendAt(ctx, tx, v.CreatedAt, event{Actor: c.Author, Action: "register", Model: c.Model, Version: v.Version, Details: map[string]any{
		"model_digest": c.ModelDigest, "plan_digest": c.PlanDigest, "data_digest": c.Data.Digest, "data_source": c.Data.Source,
		"body_digest": plan.DigestBytes(body), "run": c.RunID, "metrics": c.Metrics,
	}})
	return v, err
}
