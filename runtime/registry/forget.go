package registry

import (
	"context"
	"fmt"
)

// RecordForgotten notes that something which was kept of a dataset has been
// deleted, because it was older than the dataset's retention. Details say what.
// The entry names no model: it is about data. It is written after the deletion,
// so an entry says what is gone and not what may be.
func (r *Registry) RecordForgotten(ctx context.Context, by, dataset string, details map[string]any) error {
	by, err := Person(by)
	if err != nil {
		return fmt.Errorf("retention of dataset %s: %w", dataset, err)
	}
	all := map[string]any{"dataset": dataset}
	for k, v := range details {
		all[k] = v
	}
	return r.change(ctx, func(c *change) error {
		_, err := c.append(ctx, event{Actor: by, Action: ActionForget, Details: all})
		return err
	})
}
