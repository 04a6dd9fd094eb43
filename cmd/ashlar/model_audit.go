package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// auditFlags are the flags of `ashlar model audit`.
type auditFlags struct {
	verify       bool
	export, from string
}

func modelAuditVerb(m *modelApp) *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:   "audit [NAME]",
		Short: "Print the audit log, export it, or verify that nobody edited it",
		Long: `Audit prints every registration, refusal, approval, rejection and serving. Each
entry contains the hash of the one before it; --verify recomputes the whole chain
and compares it with the registry, and exits with 1 at the first difference.

--export writes the whole log as JSON lines, which --verify --from verifies later
without the registry.`,
		Example: `  ashlar model audit
  ashlar model audit default-risk
  ashlar model audit --verify
  ashlar model audit --export audit.jsonl
  ashlar model audit --verify --from audit.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.from != "" && !f.verify:
				return usageError("--from names an exported log to verify: add --verify")
			case f.from != "" && f.export != "":
				return usageError("--from and --export exclude each other: an exported log is verified as it is")
			case len(args) == 1 && (f.verify || f.export != ""):
				return usageError("--verify and --export are about the whole log, not about one model")
			case f.from != "":
				return m.verifyExport(f.from)
			}
			return m.with(c.Context(), func(r *registry.Registry) error { return m.audit(c, r, f, args) })
		},
	}
	c.Flags().BoolVar(&f.verify, "verify", false, "verify the chain instead of printing it")
	c.Flags().StringVar(&f.export, "export", "", "write the whole log to this `FILE` as JSON lines")
	c.Flags().StringVar(&f.from, "from", "", "with --verify: a `FILE` that --export wrote, instead of the registry")
	return c
}

func (m *modelApp) audit(c *cobra.Command, r *registry.Registry, f auditFlags, args []string) error {
	if f.verify {
		if err := m.verifyAudit(c, r); err != nil || f.export == "" {
			return err
		}
	}
	if f.export != "" {
		return m.exportAudit(c.Context(), r, f.export)
	}
	var filter registry.Filter
	if len(args) == 1 {
		filter.Model = args[0]
	}
	entries, err := r.Audit(c.Context(), filter)
	if err != nil {
		return err
	}
	if len(entries) == 0 && filter.Model != "" {
		return registered(c.Context(), r, filter.Model) // what was only ever refused has entries
	}
	if m.json() {
		return m.writeJSON(entries)
	}
	for _, e := range entries {
		fmt.Fprintf(m.out, "%4d  %s  %-16s %-24s %s  %s\n", e.Seq, e.Time.Format(time.RFC3339), e.Action,
			e.Subject(), e.Actor, e.Summary())
	}
	return nil
}

func (m *modelApp) verifyAudit(c *cobra.Command, r *registry.Registry) error {
	if err := r.VerifyAudit(c.Context()); err != nil {
		return fmt.Errorf("%w: the audit log does not verify: %w", errFindings, err)
	}
	head, err := r.Head(c.Context())
	if err != nil {
		return err
	}
	if m.json() {
		return m.writeJSON(map[string]any{"verified": true, "entries": head})
	}
	fmt.Fprintf(m.out, "the audit log is whole: %s, each chained to the last\n", counted(int(head), "entry"))
	return nil
}

func modelServedAtVerb(m *modelApp) *cobra.Command {
	var endpoint string
	c := &cobra.Command{
		Use:   "served-at TIME",
		Short: "Show which version each endpoint served at a time (RFC 3339)",
		Example: `  ashlar model served-at 2026-03-01T12:00:00Z
  ashlar model served-at now --endpoint scoring`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			at := m.now()
			if args[0] != "now" {
				var err error
				if at, err = time.Parse(time.RFC3339, args[0]); err != nil {
					return usageError(fmt.Sprintf("time %q: write it as 2026-03-01T12:00:00Z, or now", args[0]))
				}
			}
			return m.with(c.Context(), func(r *registry.Registry) error { return m.servedAt(c, r, endpoint, at) })
		},
	}
	c.Flags().StringVar(&endpoint, "endpoint", "", "this endpoint only")
	return c
}
