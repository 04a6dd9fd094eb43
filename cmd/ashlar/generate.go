package main

import "github.com/spf13/cobra"

// generateVerbs is the list that a new `ashlar generate` verb is added to.
var generateVerbs = []func(*app) *cobra.Command{generateManifestsVerb, generateTerraformVerb, generateAirflowVerb,
	generateWorkflowsVerb, generateAlertsVerb, generateDashboardsVerb, generateDockerfileVerb, generateDeliveryVerb,
	generatePreviewVerb}

func generateVerb(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "generate",
		Short: "Generate files from a blueprint: manifests, Terraform, Airflow DAGs, workflows, alerts, dashboards, Dockerfiles, deliveries",
		Example: `  ashlar generate manifests --out deploy --env prod --provider kubernetes --config-file Pulumi.prod.yaml
  ashlar generate terraform --out infra --layer foundation --config-file Pulumi.foundation-prod.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, verb := range generateVerbs {
		c.AddCommand(verb(a))
	}
	return c
}
