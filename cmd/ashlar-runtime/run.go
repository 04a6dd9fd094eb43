package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func runDuty(a *app) *cobra.Command {
	var model string
	c := &cobra.Command{
		Use:   "run --model NAME",
		Short: "Run all stages of a model's pipeline, once",
		Long: `Run takes the model from its data to the registry. Results of stages are kept under
the digest of what they depend on, so a run that was killed goes on from its last
finished stage, and one with nothing new to do ends at once.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if model == "" {
				return inputError{fmt.Errorf("name the model with --model")}
			}
			s, err := a.settings(needs{model: model})
			if err != nil {
				return err
			}
			return a.stand(c.Context(), s, func(g *ground) error {
				o, err := a.train(c.Context(), g, model, "pipeline")
				if err != nil {
					return err
				}
				return a.print(o)
			})
		},
	}
	c.Flags().StringVar(&model, "model", "", "the model, as the blueprint names it")
	return c
}
