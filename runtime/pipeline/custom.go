package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
)

// bind makes a model of what the stage train of a custom model has left: the
// file that everything after it takes, as if a built-in algorithm had learnt it.
func (x *execution) bind(ctx context.Context, res *Result) error {
	frame, p, err := x.divided(ctx)
	if err != nil {
		return err
	}
	e, err := x.encoding(frame, p)
	if err != nil {
		return err
	}
	a := x.model.Artifact
	made, ok := res.Files[a.Path]
	if !ok || made.Dir {
		return fmt.Errorf("artifact %s of model %s is no file that the stage makes", a.Path, x.name)
	}
	r, err := x.Store.Get(ctx, made.Digest)
	if err != nil {
		return err
	}
	imported, err := native.Decode(a.Flavor, r)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	var m *model.Model
	if err == nil {
		m, err = imported.Model(x.name, x.model.Task, model.Signature{Inputs: e.inputs, Target: x.model.Target, Labels: e.labels}, e.encoder)
	}
	if err != nil {
		return fmt.Errorf("artifact %s: %w", a.Path, err)
	}
	if m.PlanDigest, err = x.recipe.digest(); err != nil {
		return err
	}
	m.DataDigest, m.Seed = x.output(plan.StageIngest, "data"), x.seed
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		return err
	}
	if err := x.putBytes(ctx, res, "model", file.Bytes()); err != nil {
		return err
	}
	x.learnt(m)
	res.Detail = fmt.Sprintf("%s, %s; %s", a.Flavor, short(res.Outputs["model"]), res.Detail)
	return x.put(ctx, res, "report", map[string]any{"params": res.Params, "metrics": res.Metrics, "artifact": made.Digest})
}
