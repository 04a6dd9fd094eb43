package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/notify"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/tracking"
)

func finishDuty(a *app) *cobra.Command {
	var of subject
	var at when
	var run, status string
	c := &cobra.Command{
		Use:   "finish (--pipeline NAME | --model NAME) --run ID [--status STATUS]",
		Short: "Finish a run whose stages ran in several workloads: record it and send notifications",
		Long: `Finish writes the record of a run from the results of its stages and reports it to the
trackers. If the run failed, it notifies the addresses in the pipeline's on_failure.
Without a status, a run has succeeded if all of its stages have.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			job := pipeline.Job{ID: run}
			problems := []error{of.check(), at.tell(&job)}
			if !runIDs.MatchString(run) {
				problems = append(problems,
					fmt.Errorf("--run %q: want letters, digits, dots, dashes and underscores", run))
			}
			if err := errors.Join(problems...); err != nil {
				return inputError{err}
			}
			s, err := a.settings(needs{subject: of, storeOnly: true})
			if err != nil {
				return err
			}
			return a.open(c.Context(), s, func(g *ground) error {
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
				if done.Status != runs.Succeeded {
					err = errors.Join(err, a.tell(c.Context(), g, done))
				}
				return errors.Join(err, a.print(done))
			})
		},
	}
	of.flags(c)
	c.Flags().StringVar(&run, "run", "", "what the stages of the run have in common")
	c.Flags().StringVar(&status, "status", "", "the status of the run as Argo reports it, such as Succeeded")
	at.flags(c)
	return c
}

// saw is Argo's word for how a run ended as ours; "" where nobody said.
func saw(status string) runs.Status {
	switch status {
	case "":
		return ""
	case "Succeeded":
		return runs.Succeeded
	}
	return runs.Failed
}

// tell sends e-mail and webhook of a failed run.
func (a *app) tell(ctx context.Context, g *ground, run *runs.Run) error {
	n, err := notify.New(notify.FromEnvironment(notify.Receivers(g.plan, run), a.getenv))
	if err != nil {
		return err
	}
	return n.Failed(ctx, notify.OfRun(g.plan, run, ""))
}
