package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// stageFlags are the flags of the duty.
type stageFlags struct {
	subject
	when
	stage, run, part string
	parts            int
}

func stageDuty(a *app) *cobra.Command {
	var f stageFlags
	c := &cobra.Command{
		Use:   "stage (--pipeline NAME | --model NAME) --stage NAME --run ID",
		Short: "Run one stage of a run that is spread over several workloads",
		Long: `Stage runs one stage with the outputs of the run's earlier stages and stores its own for
the later ones. A stage with fan_out is run in parts, numbered from 0, and then once with
--parts, which merges the parts; the result is the same, to the byte, as that of a single
process. Finish ends the run.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			job, err := f.job()
			if err != nil {
				return inputError{err}
			}
			// The registry is the business of one stage alone.
			s, err := a.settings(needs{subject: f.subject, storeOnly: f.stage != plan.StageRegister})
			if err != nil {
				return err
			}
			job.Unit = s.unit
			return a.open(c.Context(), s, func(g *ground) error {
				runner, err := a.runner(g, "pipeline", true)
				if err != nil {
					return err
				}
				run, err := runner.Do(c.Context(), job)
				if err != nil {
					return err
				}
				if f.stage == plan.StageRegister {
					v, err := runner.Approve(c.Context(), run)
					if err != nil {
						return err
					}
					a.log.Info("trained", "model", run.Unit, "version", v.Version, "status",
						v.Status, "digest", v.ModelDigest)
				}
				return a.print(map[string]any{"run": run.ID, "stage": f.stage, "result": run.Stage(f.stage)})
			})
		},
	}
	f.subject.flags(c)
	c.Flags().StringVar(&f.stage, "stage", "", "the stage to run")
	c.Flags().StringVar(&f.run, "run", "", "what the stages of one run have in common")
	c.Flags().StringVar(&f.part, "part", "", "run a part of the stage, such as 0/4")
	c.Flags().IntVar(&f.parts, "parts", 0, "take so many parts over")
	f.when.flags(c)
	return c
}

var runIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// job returns what is asked for, or everything that is wrong.
func (f stageFlags) job() (pipeline.Job, error) {
	job := pipeline.Job{ID: f.run, Only: f.stage, Parts: f.parts}
	problems := []error{f.check(), f.tell(&job)}
	if f.stage == "" {
		problems = append(problems, errors.New("name the stage with --stage"))
	}
	if !runIDs.MatchString(f.run) {
		problems = append(problems, fmt.Errorf("--run %q: want letters, digits, dots, dashes and underscores", f.run))
	}
	if f.part != "" && f.parts != 0 || f.parts < 0 {
		problems = append(problems, errors.New("run a part with --part I/N, or take N parts over with --parts N"))
	}
	if f.part != "" {
		index, of, _ := strings.Cut(f.part, "/")
		i, err1 := strconv.Atoi(index)
		n, err2 := strconv.Atoi(of)
		if err1 != nil || err2 != nil || n < 1 || i < 0 || i >= n {
			problems = append(problems, fmt.Errorf("--part %q: want I/N, with I from 0 to one below N", f.part))
		}
		job.Part = dataset.Part{Index: i, Of: n}
	}
	return job, errors.Join(problems...)
}
