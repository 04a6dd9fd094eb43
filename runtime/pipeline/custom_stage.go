package pipeline

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// customKind is what results of custom stages are kept under.
const customKind = "command"

// dep is something that a command reads: exactly one of file, made and given is
// set.
type dep struct {
	at   string // where it is laid down, relative to the blueprint's folder
	file string // a path of the repository
	made output // what another custom stage made, by its path
	// given is a file of a built-in stage.
	given *builtinFile
}

// customStage makes a stage of the pipeline's own into one like the built-in ones.
func (r *recipe) customStage(n plan.Node) stage {
	deps := r.deps(n)
	if memory := r.line.Stated(n).Memory; memory != n.Custom.Memory {
		own := *n.Custom
		own.Memory, n.Custom = memory, &own
	}
	s := stage{name: n.Name, kind: customKind, version: 1, custom: n.Custom, reads: map[string]output{}}
	for _, d := range deps {
		switch {
		case d.made.stage != "":
			s.reads[d.at] = d.made
		case d.given != nil:
			for name, from := range d.given.reads {
				s.reads[d.at+" "+name] = from
			}
		}
	}
	// It trains the model in place of the built-in stage, so that its key has what that one's has.
	learns := n.Name == plan.StageTrain && r.model.Algorithm == plan.Custom
	if learns {
		s.reads["data"], s.reads["split"] = output{plan.StageIngest, "data"}, output{plan.StagePrepare, "split"}
	}
	s.depends = func(r *recipe) (map[string]any, error) { return r.customDepends(n.Custom, learns) }
	s.world = func(ctx context.Context, x *execution, res *run.Result) (map[string]any, error) {
		return x.customWorld(ctx, n.Custom, deps, learns, res)
	}
	s.run = func(ctx context.Context, x *execution, res *run.Result) error {
		if err := x.runCustom(ctx, &s, deps, res); err != nil {
			return err
		}
		if learns {
			return x.bind(ctx, res)
		}
		return nil
	}
	return s
}

// deps says where each dep of the stage comes from.
func (r *recipe) deps(n plan.Node) []dep {
	var out []dep
	for _, text := range n.Custom.Deps {
		if stage, file, ok := plan.BuiltinDep(text); ok {
			out = append(out, dep{at: n.Custom.At(path.Join(stage, file)), given: fileOf(stage, file)})
			continue
		}
		full, found := n.Custom.At(text), false
		for _, maker := range n.After {
			s := r.line.Stages[maker]
			for _, made := range s.Made() {
				if plan.Within(full, made) || plan.Within(made, full) {
					out, found = append(out, dep{at: made, made: output{maker, made}}), true
				}
			}
		}
		if !found {
			out = append(out, dep{at: full, file: full})
		}
	}
	slices.SortStableFunc(out, func(a, b dep) int { return strings.Compare(a.at, b.at) })
	return slices.CompactFunc(out, func(a, b dep) bool { return a.at == b.at })
}

// customDepends is what the result depends on in the plan. The stage's name is not
// in it, nor what only says when, where and how often it runs.
func (r *recipe) customDepends(s *plan.Stage, learns bool) (map[string]any, error) {
	params, err := r.params(s)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"cmd": s.Cmd, "wdir": s.Wdir, "env": s.Env, "image": s.Image, "params": params, "seed": r.seed,
		"made": [][]string{s.Outs, s.Metrics, s.Plots}, "environment": s.Environment,
	}
	if learns {
		out["recipe"], err = r.digest()
	}
	return out, err
}

// params are the values that the stage names, by their names.
func (r *recipe) params(s *plan.Stage) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range s.Params {
		v, ok := plan.Param(r.line.Params, name)
		if !ok && name == plan.ParamDate {
			v, ok = r.date, true
		}
		if !ok {
			return nil, fmt.Errorf("the pipeline has no param %q", name)
		}
		out[name] = v
	}
	return out, nil
}
