package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/pipeline/custom"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// runCustom runs the stage's command, on what the run's earlier stages and people have made.
func (x *execution) runCustom(ctx context.Context, s *stage, deps []dep, res *run.Result) error {
	from := make([]custom.Dep, len(deps))
	for i, d := range deps {
		from[i] = custom.Dep{At: d.at, From: source{x, d}}
	}
	made, err := x.commands.Run(ctx, custom.Stage{
		Stage: s.custom, Deps: from, Params: res.Params, Seed: x.seed,
		Report: func(line string) { x.record.progress(s.name, line, 0, 0) },
	})
	res.Deps, res.Files, res.Metrics, res.Detail = made.Deps, made.Files, made.Metrics, made.Detail
	res.PeakMemory = max(res.PeakMemory, made.Memory)
	// An attempt that did not start leaves what the one before it has told.
	if made.Log != "" {
		res.Log = made.Log
	}
	if made.Confinement != nil {
		res.Confinement = made.Confinement
	}
	return err
}

// customWorld finds the digests of all deps, and of the environment's file.
func (x *execution) customWorld(ctx context.Context, s *plan.Stage, deps []dep, learns bool,
	res *run.Result) (map[string]any, error) {
	digests := map[string]string{}
	place := cmp.Or(x.Dir, "the blueprint's folder")
	var missing []string
	for _, d := range deps {
		digest, err := source{x, d}.digest(ctx)
		switch {
		case artifact.IsMissing(err):
			missing = append(missing, fmt.Sprintf("dep %s is not there: no stage makes it, and %s has no such file",
				d.at, place))
		case err != nil:
			return nil, fmt.Errorf("dep %s: %w", d.at, err)
		default:
			digests[d.at] = digest
		}
	}
	in := map[string]any{"deps": digests}
	if e := s.Environment; e != nil {
		digest, err := x.repo.Digest(ctx, e.Conda+e.Pip)
		if artifact.IsMissing(err) {
			missing = append(missing, fmt.Sprintf("environment %s is not there", e.Conda+e.Pip))
		} else if err != nil {
			return nil, err
		}
		in["environment_file"] = digest
	}
	// All that is missing is told at once, as a finding: another attempt would miss it too.
	if len(missing) > 0 {
		return nil, &Finding{Summary: "the stage cannot run", Details: missing,
			Fix: "write the file, or mend the path in the blueprint"}
	}
	if learns {
		in["data"], in["split"] = x.record.output(plan.StageIngest, "data"), x.record.output(plan.StagePrepare, "split")
	}
	var err error
	res.Params, err = x.params(s)
	return in, err
}

// source is where a dep of the run comes from. It is a custom.Source.
type source struct {
	x *execution
	dep
}

// digest is of what the dep is now. It is what the stage's key has of the dep, and reads a file of the repository once:
// Stat reads it for the MD5 too.
func (s source) digest(ctx context.Context) (string, error) {
	if s.file != "" {
		return s.x.repo.Digest(ctx, s.file)
	}
	a, err := s.Stat(ctx)
	return a.Digest, err
}

// Stat says what the dep is now.
func (s source) Stat(ctx context.Context) (artifact.Artifact, error) {
	switch {
	case s.given != nil:
		return s.x.given(ctx, s.given)
	case s.made.stage != "":
		res, _ := s.x.record.result(s.made.stage)
		a, ok := res.Files[s.made.name]
		if !ok {
			return a, fmt.Errorf("stage %s has not made %s", s.made.stage, s.made.name)
		}
		return a, nil
	}
	return s.x.repo.Stat(ctx, s.file)
}

// Lay puts the dep, which Stat has said to be a, at dest.
func (s source) Lay(ctx context.Context, a artifact.Artifact, dest string) error {
	if s.file != "" {
		return s.x.repo.Lay(ctx, s.file, dest)
	}
	return artifact.Lay(ctx, s.x.Store, a, dest)
}
