package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/notify"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/tracking"
)

func finishDuty(a *app) *cobra.Command {
	var of subject
	var at when
	var run, status string
	c := &cobra.Command{
		Use:   "finish (--pipeline NAME | --model NAME) --run ID [--status STATUS]",
		Short: "End a run whose stages several workloads ran: record it, and tell who wants to know",
		Long: `Finish makes the record of the run of what its stages came to, tells the trackers, and
where the run has not succeeded, whom the pipeline names in on_failure. Without a status
it has succeeded where all of its stages have.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			job := pipeline.Job{ID: run}
			problems := []error{of.check(), at.tell(&job)}
			if !runIDs.MatchString(run) {
				problems = append(problems, fmt.Errorf("--run %q: want letters, digits, dots, dashes and underscores", run))
			}
			if err := errors.Join(problems...); err != nil {
				return inputError{err}
			}
			s, err := a.settings(needs{subject: of, storeOnly: true})
			if err != nil {
				return err
			}
			return a.stand(c.Context(), s, func(g *ground) error {
				runner, err := a.runner(g, "pipeline", true)
				if err != nil {
					return err
				}
				job.Unit = s.unit
				done, err := runner.Finish(c.Context(), job, saw(status))
				if err != nil {
					return err
				}
				tracks := tracking.New(tracking.Config{Plan: g.plan, Store: g.store, Getenv: a.getenv, Log: a.log})
				err = tracks.Run(c.Context(), done)
				if done.Status != pipeline.Succeeded {
					err = errors.Join(err, a.tell(c.Context(), g, done))
				}
				return errors.Join(err, a.print(done))
			})
		},
	}
	of.flags(c)
	c.Flags().StringVar(&run, "run", "", "what the stages of the run have in common")
	c.Flags().StringVar(&status, "status", "", "how whoever ran them saw it end, in Argo's words")
	at.flags(c)
	return c
}

// saw is Argo's word for how a run ended as ours; "" where nobody said.
func saw(status string) pipeline.Status {
	switch status {
	case "":
		return ""
	case "Succeeded":
		return pipeline.Succeeded
	}
	return pipeline.Failing
}

// tell sends e-mail and webhook of a failed run.
func (a *app) tell(ctx context.Context, g *ground, run *pipeline.Run) error {
	n, err := notify.New(notify.FromEnvironment(notify.Receivers(g.plan, run), a.getenv))
	if err != nil {
		return err
	}
	return n.Failed(ctx, notify.OfRun(g.plan, run, ""))
}
