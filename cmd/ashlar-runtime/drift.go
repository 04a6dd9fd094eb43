package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

func driftDuty(a *app) *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "drift --endpoint NAME",
		Short: "Test an endpoint's windows of live traffic for drift, once",
		Long: `Drift merges the statistics that all pods of the endpoint have collected and tests the
windows that are complete. Drift is not a failure: the verdicts are for /drift, /metrics and the
alerts on them. Where the blueprint says so, lasting drift retrains
the model, with the same gates and the same approval.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if name == "" {
				return inputError{fmt.Errorf("name the endpoint with --endpoint")}
			}
			s, err := a.settings(needs{endpoint: name, model: retrained})
			if err != nil {
				return err
			}
			return a.open(c.Context(), s, func(g *ground) error { return a.drift(c.Context(), g, name) })
		},
	}
	c.Flags().StringVar(&name, "endpoint", "", "the endpoint, as the blueprint names it")
	return c
}

func (a *app) drift(ctx context.Context, g *ground, name string) error {
	cfg := endpoint.JudgeConfig{Plan: g.plan, Name: name, Store: g.store, Registry: g.registry, Now: a.now, Log: a.log}
	verdicts, err := endpoint.Judge(ctx, cfg)
	problems := []error{err, a.print(map[string]any{"endpoint": name, "verdicts": verdicts})}
	for _, v := range verdicts {
		a.log.Info("judged", "endpoint", name, "model", v.Model, "version", v.Version, "segments", v.Segments,
			"windows", len(v.Windows), "pending_rows", v.Pending, "alert", v.Alert, "retrain", v.Retrain)
		if v.Retrain {
			problems = append(problems, a.retrain(ctx, g, cfg, v))
		}
	}
	return errors.Join(problems...)
}

// retrain is done once the gates have said yes or no. What broke on the way is
// tried again by the next judge.
func (a *app) retrain(ctx context.Context, g *ground, cfg endpoint.JudgeConfig, v endpoint.Verdict) error {
	unit, err := g.plan.UnitOf(v.Model)
	if err != nil {
		return err
	}
	if len(g.plan.Pipelines[unit.Pipeline].Stages) > 0 {
		// Its stages need images of their own, which this pod has not. What is not
		// settled is told again by the next judge.
		a.log.Warn("drift lasts, and the model is trained by custom stages: start its pipeline", "model", v.Model,
			"pipeline", unit.Pipeline)
		return nil
	}
	o, err := a.train(ctx, g, pipeline.Job{Unit: unit}, "drift")
	if err != nil && !errors.As(err, new(*pipeline.Finding)) {
		return fmt.Errorf("retrain %s: %w", v.Model, err)
	}
	if err == nil && !o.New() {
		a.log.Warn("the data and the recipe are what the version was made from, so there is nothing new to learn; add data", "model", v.Model, "version", o.Version.Version)
	}
	return errors.Join(err, endpoint.Settle(ctx, cfg, v))
}
