package registry

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Register makes the candidate the model's next version, pending approval, or
// returns the version that its model file already is. A candidate with a gate
// that does not hold or with incomplete metadata is refused with a
// *RefusedError, and the audit log says so.
//
// A refusal is committed as an entry and only then reported: returning it from
// within the change would roll the entry back. The texts of a refused candidate
// are unchecked, so the entry holds them shortened.
func (r *Registry) Register(ctx context.Context, c Candidate) (Version, error) {
	var out Version
	var refused *RefusedError
	c.TrainedAt = c.TrainedAt.UTC()
	err := r.change(ctx, func(ch *change) error {
		refused = nil
		body, reasons := c.record(ch.at)
		if len(reasons) > 0 {
			refused = &RefusedError{Model: c.Model, Reasons: reasons}
			_, err := ch.append(ctx, event{Actor: shorten(c.Author), Action: ActionRefuse,
				Model: shorten(c.Model), Details: map[string]any{
					"model_digest": shorten(c.ModelDigest), "plan_digest": shorten(c.PlanDigest),
					"run": shorten(c.RunID), "reasons": reasons,
				}})
			return err
		}
		known, err := knownVersion(ctx, ch.handle, c)
		if err == nil {
			out, err = ch.renew(ctx, known, c)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("registry: %w", err)
		}
		out, err = ch.insert(ctx, c, body)
		return err
	})
	if err == nil && refused != nil {
		return Version{}, refused
	}
	return out, err
}

// knownVersion returns the version whose model file this is, or sql.ErrNoRows.
// Training is reproducible, so the same plan run twice yields the same file, which
// must not need a second approval.
func knownVersion(ctx context.Context, h handle, c Candidate) (int, error) {
	var n int
	err := h.QueryRowContext(ctx, `SELECT version FROM versions WHERE model = ? AND model_digest = ?`,
		c.Model, c.ModelDigest).Scan(&n)
	return n, err
}

// renew brings a version that is there already up to date with the plan that
// asks for it now: who must approve it, and the evidence. What it was made
// from, by whom and when cannot change, as the model file is the same. The log
// keeps the old record and the new one.
// The status stays: an approved version remains approved, and a rule that has
// become stricter is applied when it is served.
func (c *change) renew(ctx context.Context, n int, asks Candidate) (Version, error) {
	v, err := readVersion(ctx, c.handle, asks.Model, n)
	if err != nil {
		return v, err
	}
	before, err := plan.Canonical(v.Candidate)
	if err != nil {
		return v, err
	}
	renewed := v.Candidate
	renewed.PlanDigest, renewed.Environment, renewed.Approval = asks.PlanDigest, asks.Environment, asks.Approval
	renewed.Params, renewed.Training = asks.Params, asks.Training
	renewed.Gates, renewed.Metrics, renewed.Evidence = asks.Gates, asks.Metrics, asks.Evidence
	body, err := plan.Canonical(renewed)
	// Nothing new: no entry either, so that repeated runs leave the log as it is.
	if err != nil || string(before) == string(body) {
		return v, err
	}
	v.Candidate = renewed
	if _, err := c.ExecContext(ctx, `UPDATE versions SET body = ? WHERE model = ? AND version = ?`,
		string(body), v.Model, n); err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	_, err = c.append(ctx, event{Actor: asks.Author, Action: ActionRenew, Model: v.Model, Version: n,
		Details: v.recorded(body)})
	return v, err
}

// insert adds the next version. Numbers count from 1 for each model and have no
// gaps; the write lock keeps two candidates from getting the same one.
func (c *change) insert(ctx context.Context, asks Candidate, body []byte) (Version, error) {
	v := Version{Candidate: asks, Status: Pending, CreatedAt: c.at,
		Decisions: []RecordedDecision{}, Aliases: []string{}}
	if err := c.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) + 1 FROM versions WHERE model = ?`,
		v.Model).Scan(&v.Version); err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	_, err := c.ExecContext(ctx, `INSERT INTO versions (model, version, model_digest, status, author, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		v.Model, v.Version, v.ModelDigest, v.Status, v.Author, stamp(v.CreatedAt), string(body))
	if err != nil {
		return v, fmt.Errorf("registry: %w", err)
	}
	_, err = c.append(ctx, event{Actor: v.Author, Action: ActionRegister, Model: v.Model, Version: v.Version,
		Details: v.recorded(body)})
	return v, err
}

// recorded are the details of an entry that keeps the version's record: the
// record itself, so that the log alone can answer for every version, its
// digest, and for people what matters most.
func (v Version) recorded(body []byte) map[string]any {
	return map[string]any{
		"model_digest": v.ModelDigest, "plan_digest": v.PlanDigest, "data_digest": v.Data.Digest,
		"environment": v.Environment,
		"run":         v.RunID, "body_digest": plan.DigestBytes(body), "record": json.RawMessage(body),
	}
}
