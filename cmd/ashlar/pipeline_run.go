package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/schedule"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

func pipelineRunVerb(p *pipelineApp) *cobra.Command {
	var job pipeline.Job
	c := &cobra.Command{
		Use:   "run PIPELINE",
		Short: "Run a pipeline once",
		Long: `Run runs the stages of the pipeline, independent ones in parallel. Results in the cache
are reused, so after a failure or Ctrl-C the next run continues where it stopped. Exit
code 1 means that a stage's command failed, or that data or gates did not pass.`,
		Example: `  ashlar pipeline run nightly
  ashlar pipeline run nightly --through prepare   # stop after this stage
  ashlar pipeline run nightly --force             # also stages that have not changed
  ashlar pipeline run nightly --date 2026-11-01   # for stages whose params name date`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("pipeline run takes a pipeline, such as: ashlar pipeline run nightly")
			}
			if _, err := time.Parse(time.DateOnly, job.Date); job.Date != "" && err != nil {
				return usageError(fmt.Sprintf("--date %q: write it as 2026-11-01", job.Date))
			}
			loaded, _, err := p.named(args[0])
			if err != nil {
				return err
			}
			job.Unit, job.Line = loaded.UnitFor(args[0]), args[0]
			if err := checkStage(loaded, args[0], job.Through); err != nil {
				return err
			}
			began := p.now()
			return p.open(c.Context(), loaded, func(s *local.Stack) error {
				o, err := s.RunJob(c.Context(), "demand", job)
				if err != nil {
					return err
				}
				p.summary([]local.Outcome{o}, p.now().Sub(began))
				return nil
			})
		},
	}
	c.Flags().StringVar(&job.Through, "through", "", "stop after this stage")
	c.Flags().StringVar(&job.Date, "date", "",
		"the date of the run, as YYYY-MM-DD (default: today in the pipeline's timezone)")
	c.Flags().BoolVar(&job.Force, "force", false, "also run stages that have not changed")
	p.asking(c)
	return c
}

// checkStage refuses a stage that the pipeline does not have.
func checkStage(loaded *plan.Plan, name, stage string) error {
	nodes, err := loaded.Graph(name)
	if err != nil || stage == "" {
		return err
	}
	var names []string
	for _, n := range nodes {
		if n.Name == stage {
			return nil
		}
		names = append(names, n.Name)
	}
	return usageError(fmt.Sprintf("pipeline %s has no stage %q; %s", name, stage,
		orElse(nearest.Hint(stage, names), "it has "+orNone(names))))
}

func pipelineBackfillVerb(p *pipelineApp) *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use:   "backfill PIPELINE --from DATE [--to DATE]",
		Short: "Run a scheduled pipeline for each of its times in a range of dates",
		Long: `Backfill runs the pipeline once for each scheduled time between two dates, inclusive,
the oldest first. Stages whose params name date receive the date of each run; the
results of all others are computed once and reused. A failed run does not stop the rest;
all failures are reported at the end. Run again, it continues with what is left.`,
		Example: "  ashlar pipeline backfill nightly --from 2026-11-01 --to 2026-11-07",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || from == "" {
				return usageError("pipeline backfill takes a pipeline and a date to begin with, such as: ashlar pipeline backfill nightly --from 2026-11-01")
			}
			loaded, line, err := p.named(args[0])
			if err != nil {
				return err
			}
			due, err := dates(line, from, to, p.now())
			if err != nil {
				return err
			}
			return p.open(c.Context(), loaded, func(s *local.Stack) error {
				return p.backfill(c.Context(), s, pipeline.Job{Unit: loaded.UnitFor(args[0]), Line: args[0]}, due)
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "the first date, as YYYY-MM-DD")
	c.Flags().StringVar(&to, "to", "", "the last date (default: today in the pipeline's timezone)")
	p.asking(c)
	return c
}

// dates are the runs of the schedule's days from one to another, both included.
func dates(line plan.Pipeline, from, to string, now time.Time) ([]schedule.Run, error) {
	if line.Schedule == "" {
		return nil, usageError("the pipeline has no schedule, so it has no scheduled times; use `ashlar pipeline run --date`")
	}
	if _, err := time.Parse(time.DateOnly, from); err != nil {
		return nil, usageError(fmt.Sprintf("--from %q: write it as 2026-11-01", from))
	}
	// What is yet to come is run too where it is asked for by its date.
	end := now
	if to == "" {
		zone, err := line.Zone()
		if err != nil {
			return nil, err
		}
		to = now.In(zone).Format(time.DateOnly)
	} else {
		last, err := time.Parse(time.DateOnly, to)
		if err != nil {
			return nil, usageError(fmt.Sprintf("--to %q: write it as 2026-11-01", to))
		}
		end = last.Add(3 * plan.Day)
	}
	due, err := schedule.Days(line, from, to, end)
	if err != nil {
		return nil, usageError(err.Error())
	}
	if len(due) == 0 {
		err = usageError(fmt.Sprintf("schedule %q does not fall due from %s to %s", line.Schedule, from, to))
	}
	return due, err
}

func (p *pipelineApp) backfill(ctx context.Context, s *local.Stack, job pipeline.Job, due []schedule.Run) error {
	var problems []error
	for i, run := range due {
		if !p.json() {
			fmt.Fprintf(p.out, "%d of %d: %s\n", i+1, len(due), run.Date)
		}
		job.Date = run.Date
		if _, err := s.RunJob(ctx, "backfill", job); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", run.Date, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(problems...)
}
