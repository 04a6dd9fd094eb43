package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// servedAt prints one row an endpoint.
func (m *modelApp) servedAt(c *cobra.Command, r *registry.Registry, endpoint string, at time.Time) error {
	servings, err := r.ServedAt(c.Context(), endpoint, at)
	if err != nil {
		return err
	}
	if len(servings) == 0 && endpoint != "" {
		have, err := r.Endpoints(c.Context())
		if err != nil {
			return err
		}
		if !slices.Contains(have, endpoint) {
			return usageError(fmt.Sprintf("endpoint %q has never served a version; %s", endpoint,
				orElse(nearest.Hint(endpoint, have), "there is "+orNone(have))))
		}
	}
	if m.json() {
		return m.writeJSON(servings)
	}
	if len(servings) == 0 {
		fmt.Fprintf(m.out, "nothing was served at %s\n", at.Format(time.RFC3339))
		return nil
	}
	rows := make([][]string, len(servings))
	for i, v := range servings {
		rows[i] = []string{v.Endpoint, v.Model, fmt.Sprint(v.Version), v.Since.Format(time.RFC3339),
			plan.ShortDigest(v.Digest)}
	}
	m.table([]string{"endpoint", "model", "version", "since", "digest"}, rows)
	return nil
}
