package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/stacks/local"
)

func pipelineLogsVerb(p *pipelineApp) *cobra.Command {
	return p.stateFlag(&cobra.Command{
		Use:     "logs PIPELINE STAGE",
		Short:   "Print the log of a stage's last run",
		Example: "  ashlar pipeline logs nightly train",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError("pipeline logs takes a pipeline and a stage, such as: ashlar pipeline logs nightly train")
			}
			loaded, _, err := p.named(args[0])
			if err != nil {
				return err
			}
			if err := checkStage(loaded, args[0], args[1]); err != nil {
				return err
			}
			return p.kept(c.Context(), func(s *local.State) error {
				made, err := s.StageLog(c.Context(), loaded.UnitFor(args[0]), args[1])
				if errors.Is(err, local.ErrNoResult) {
					return usageError(fmt.Sprintf("no run of the last %d has a log of stage %s; built-in stages have none",
						local.SearchedRuns, args[1]))
				}
				if err != nil {
					return err
				}
				if p.json() {
					return p.writeJSON(map[string]any{"run": made.Run, "stage": made.Stage,
						"status": made.Status, "log": string(made.Log)})
				}
				_, err = p.out.Write(made.Log)
				return err
			})
		},
	})
}

func pipelineGetVerb(p *pipelineApp) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:     "get PIPELINE PATH",
		Short:   "Copy an output of a stage to a file or folder",
		Example: "  ashlar pipeline get nightly model.json\n  ashlar pipeline get nightly plots --to /tmp/plots",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError("pipeline get takes a pipeline and a path, such as: ashlar pipeline get nightly model.json")
			}
			loaded, _, err := p.named(args[0])
			if err != nil {
				return err
			}
			if to == "" {
				to = filepath.Base(args[1])
			}
			if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
				return usageError(fmt.Sprintf("%s is there already; name another place with --to", to))
			}
			return p.kept(c.Context(), func(s *local.State) error {
				made, err := s.CopyOutput(c.Context(), loaded.UnitFor(args[0]), args[1], to)
				if errors.Is(err, local.ErrNoResult) {
					return usageError(fmt.Sprintf("no run of the last %d has made %s; `%s` shows the outputs of its stages",
						local.SearchedRuns, args[1], local.Command(p.dir, "", "pipeline", "show", args[0])))
				}
				if err != nil {
					return err
				}
				if p.json() {
					return p.writeJSON(map[string]any{"run": made.Run, "stage": made.Stage, "path": args[1], "to": to,
						"artifact": made.Artifact})
				}
				fmt.Fprintf(p.out, "%s, made by %s in run %s\n", to, made.Stage, made.Run)
				return nil
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "the path to write to (default: its name, in the current folder)")
	return p.stateFlag(c)
}

func pipelineLockVerb(p *pipelineApp) *cobra.Command {
	return p.stateFlag(&cobra.Command{
		Use:   "lock PIPELINE",
		Short: "Print the dvc.lock of the pipeline's custom stages",
		Long: `Lock prints the inputs and outputs of the pipeline's custom stages as a dvc.lock of
schema 2.0 with DVC's MD5 digests. Each run also writes it to the state folder, below
pipelines/.`,
		Example: "  ashlar pipeline lock nightly > dvc.lock",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("pipeline lock takes a pipeline, such as: ashlar pipeline lock nightly")
			}
			if _, _, err := p.named(args[0]); err != nil {
				return err
			}
			return p.kept(c.Context(), func(s *local.State) error {
				b, err := s.Lock(c.Context(), args[0])
				if errors.Is(err, local.ErrNoResult) {
					return usageError(fmt.Sprintf("no run of %s with custom stages has ended; `%s` makes one",
						args[0], local.Command(p.dir, p.state, "pipeline", "run", args[0])))
				}
				if err != nil {
					return err
				}
				if p.json() {
					return p.writeJSON(map[string]string{"pipeline": args[0], "dvc_lock": string(b)})
				}
				_, err = p.out.Write(b)
				return err
			})
		},
	})
}
