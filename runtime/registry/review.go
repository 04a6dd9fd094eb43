package registry

import (
	"context"
	"strings"
)

// Review is somebody's agreement that was given elsewhere, such as in a review
// of the pull request that promoted the version.
type Review struct {
	By      string
	Source  string // where it can be looked up
	Comment string
}

// RecordReview notes a review in the audit log, once for each person and source.
// It decides nothing: approving does. It reports whether it was new.
//
// The person's name need not be the one that they approve with, so a review never
// counts as an approval. Source and comment are cut to 80 characters: they are
// copied from a forge, and the source tells where the whole is.
func (r *Registry) RecordReview(ctx context.Context, model string, n int, review Review) (recorded bool, err error) {
	by, err := Person(review.By)
	if err != nil {
		return false, &DecisionError{Model: model, Version: n, Reason: "missing reviewer: " +
			err.Error(), Cause: ErrNobody}
	}
	source, comment := shorten(strings.TrimSpace(review.Source)), shorten(review.Comment)
	err = r.change(ctx, func(c *change) error {
		recorded = false // an attempt before may have got as far, and was undone
		if _, err := readVersion(ctx, c.handle, model, n); err != nil {
			return err
		}
		entries, err := Filter{Model: model, Action: ActionReview}.entries(ctx, c.handle)
		if err != nil {
			return err
		}
		// A pipeline that is run again reports the same reviews again.
		for _, e := range entries {
			if e.Version == n && e.Actor == by && e.Details["source"] == source {
				return nil
			}
		}
		recorded = true
		_, err = c.append(ctx, event{Actor: by, Action: ActionReview, Model: model, Version: n,
			Details: map[string]any{"source": source, "comment": comment}})
		return err
	})
	return recorded && err == nil, err
}
