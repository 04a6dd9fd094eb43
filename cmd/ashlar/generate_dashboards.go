package main

import (
	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/templates/dashboards"
)

func generateDashboardsVerb(a *app) *cobra.Command {
	var f alertsFlags
	c := &cobra.Command{
		Use:   "dashboards [DIR]",
		Short: "Write a Grafana dashboard: traffic, latency, errors, releases, quality, drift, error budgets, pipelines",
		Long: `Dashboards writes the dashboard of one environment as JSON, which Grafana imports or
loads from a file. It reads the endpoints' metrics, and the error budgets from the rules
that ashlar generate alerts writes. On a cluster the same dashboard is a ConfigMap with the
label that Grafana's sidecar looks for, which ashlar generate manifests writes.`,
		Example: `  ashlar generate dashboards --env prod --out credit.json
  ashlar generate dashboards --env prod --namespace credit-risk --pipelines argo --out credit.json`,
		Args: atMostDir,
		RunE: func(_ *cobra.Command, args []string) error { return a.generateDashboards(dirArg(args), f) },
	}
	f.flags(c.Flags(), "also show how pipelines ended: argo or cronjob (default: no such panel)")
	return c
}

func (a *app) generateDashboards(dir string, f alertsFlags) error {
	p, err := loadPlan(dir, f.environment)
	if err != nil {
		return err
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	text, err := dashboards.JSON(p, opt)
	if err != nil {
		return err
	}
	return a.writeGenerated(f.out, text, map[string]any{"file": f.out, "bytes": len(text)}, "dashboard")
}
