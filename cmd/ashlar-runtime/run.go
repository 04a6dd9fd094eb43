package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// subject is a pipeline or a model, as flags name it.
type subject struct{ pipeline, model string }

func (s *subject) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.pipeline, "pipeline", "", "the pipeline, as the blueprint names it")
	c.Flags().StringVar(&s.model, "model", "", "the model whose pipeline it is, as the blueprint names it")
}

func (s *subject) check() error {
	if (s.pipeline == "") == (s.model == "") {
		return errors.New("name the pipeline with --pipeline, or the model with --model")
	}
	return nil
}

// unit finds the subject in the plan.
func (s *subject) unit(p *plan.Plan) (plan.Unit, error) {
	if _, ok := p.Models[s.model]; s.pipeline == "" && !ok {
		return plan.Unit{}, fmt.Errorf("the plan has no model %q; it has %s", s.model, listed(p.Models))
	}
	if s.pipeline == "" {
		return p.UnitOf(s.model)
	}
	if _, ok := p.Pipelines[s.pipeline]; !ok {
		return plan.Unit{}, fmt.Errorf("the plan has no pipeline %q; it has %s", s.pipeline, listed(p.Pipelines))
	}
	return p.UnitFor(s.pipeline), nil
}

func runDuty(a *app) *cobra.Command {
	var of subject
	c := &cobra.Command{
		Use:   "run (--pipeline NAME | --model NAME)",
		Short: "Run all stages of a pipeline, once",
		Long: `Run runs all stages of a pipeline, from the data to a registered model. Results of
stages are cached by the digest of their inputs, so a run that was killed continues after
its last finished stage, and a run without changes ends at once.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := of.check(); err != nil {
				return inputError{err}
			}
			s, err := a.settings(needs{subject: of})
			if err != nil {
				return err
			}
			return a.open(c.Context(), s, func(g *ground) error {
				o, err := a.train(c.Context(), g, pipeline.Job{Unit: s.unit}, "pipeline")
				if err != nil {
					return err
				}
				return a.print(o)
			})
		},
	}
	of.flags(c)
	return c
}
