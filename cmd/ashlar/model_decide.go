package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

func modelApproveVerb(m *modelApp) *cobra.Command {
	return m.decision("approve", "Approve a version so that it can be served",
		func(c *cobra.Command, r *registry.Registry, name string, n int,
			d registry.Decision) (registry.Version, error) {
			return r.Approve(c.Context(), name, n, d)
		})
}

func modelRejectVerb(m *modelApp) *cobra.Command {
	return m.decision("reject", "Reject a version permanently; it is no longer served",
		func(c *cobra.Command, r *registry.Registry, name string, n int,
			d registry.Decision) (registry.Version, error) {
			return r.Reject(c.Context(), name, n, d)
		})
}

type decide func(*cobra.Command, *registry.Registry, string, int, registry.Decision) (registry.Version, error)

// decision is a verb that takes a version, who decides and why.
func (m *modelApp) decision(verb, short string, do decide) *cobra.Command {
	var by, comment string
	c := &cobra.Command{
		Use:     verb + " NAME VERSION",
		Short:   short,
		Example: fmt.Sprintf("  ashlar model %s default-risk 1 --by ada@example.com --comment \"reviewed with the risk team\"", verb),
		RunE: func(c *cobra.Command, args []string) error {
			name, n, err := version(c, args)
			if err != nil {
				return err
			}
			return m.with(c.Context(), func(r *registry.Registry) error {
				v, err := do(c, r, name, n, registry.Decision{By: m.actor(by), Comment: comment})
				if err != nil {
					return err
				}
				if m.json() {
					return m.writeJSON(v)
				}
				fmt.Fprintf(m.out, "%s version %d is %s\n", v.Model, v.Version, v.Status)
				if v.Status == registry.Pending {
					fmt.Fprintf(m.out, "%d of %d approvals so far\n", len(v.Decisions), v.Approval.Count)
				}
				return nil
			})
		},
	}
	identityFlag(c.Flags(), &by, "by", "who decides")
	c.Flags().StringVar(&comment, "comment", "", "why, for the audit log")
	return c
}
