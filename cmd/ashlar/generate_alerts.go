package main

import (
	"fmt"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/templates/alerts"
)

// alertsFlags are the flags of `ashlar generate alerts` and of `ashlar generate dashboards`.
type alertsFlags struct{ environment, out, namespace, engine string }

// flags declares them; pipelines says what is shown of pipelines.
func (f *alertsFlags) flags(to *pflag.FlagSet, pipelines string) {
	envFlag(to, &f.environment)
	to.StringVar(&f.out, "out", "", "the output file (default: standard output)")
	to.StringVar(&f.namespace, "namespace", "", "the endpoints' namespace, if Prometheus adds a namespace label")
	to.StringVar(&f.engine, "pipelines", "", pipelines)
}

// options are what the metrics carry.
func (f *alertsFlags) options() (alerts.Options, error) {
	engine, known := map[string]string{"": "", "argo": alerts.Argo, "cronjob": alerts.CronJob}[f.engine]
	if !known {
		return alerts.Options{}, usageError(fmt.Sprintf("--pipelines %q: use argo or cronjob", f.engine))
	}
	return alerts.Options{Namespace: f.namespace, Engine: engine}, nil
}

func generateAlertsVerb(a *app) *cobra.Command {
	var f alertsFlags
	c := &cobra.Command{
		Use:   "alerts [DIR]",
		Short: "Write Prometheus rules: recording rules, burn-rate alerts and drift alerts",
		Long: `Alerts writes the rules file of one environment for a Prometheus server that loads
rules from files: recording rules for each SLO with the names that Sloth uses,
burn-rate alerts on the error budget, and drift alerts. On a cluster the same rules
are PrometheusRule objects, which ashlar generate manifests writes.`,
		Example: `  ashlar generate alerts --env prod > rules.yaml
  ashlar generate alerts --env prod --namespace credit-risk --out rules.yaml
  promtool check rules rules.yaml`,
		Args: atMostDir,
		RunE: func(_ *cobra.Command, args []string) error { return a.generateAlerts(dirArg(args), f) },
	}
	f.flags(c.Flags(), "also alert on failed pipelines: argo or cronjob (default: no such alerts)")
	return c
}

func (a *app) generateAlerts(dir string, f alertsFlags) error {
	p, err := loadPlan(dir, f.environment)
	if err != nil {
		return err
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	groups, err := alerts.All(p, opt)
	if err != nil {
		return err
	}
	text, err := alerts.Encode(groups)
	if err != nil {
		return err
	}
	rules := 0
	for _, g := range groups {
		rules += len(g.Rules)
	}
	return a.writeGenerated(f.out, text,
		map[string]any{"file": f.out, "groups": len(groups), "rules": rules}, counted(rules, "rule"))
}

// writeGenerated writes one generated text to the file, or to standard output
// where none is named, and says so.
func (a *app) writeGenerated(out string, text []byte, answer map[string]any, what string) error {
	if out == "" {
		if a.json() {
			return usageError("--output json goes with --out FILE: without it the text itself is written")
		}
		_, err := a.out.Write(text)
		return err
	}
	if err := renameio.WriteFile(out, text, 0o644); err != nil {
		return err
	}
	if a.json() {
		return a.writeJSON(answer)
	}
	fmt.Fprintf(a.out, "%s in %s\n", what, out)
	return nil
}
