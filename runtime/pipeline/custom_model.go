package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/model/native"
	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/train"
)

// bind makes a model of what the stage train of a custom model has left: the
// file that everything after it takes, as if a built-in algorithm had learnt it.
func (x *execution) bind(ctx context.Context, res *run.Result) error {
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
	if !ok || made.Dir && a.Flavor != plan.PyFunc {
		return fmt.Errorf("artifact %s of model %s is not an output of the stage", a.Path, x.name)
	}
	spec, err := x.spec()
	if err != nil {
		return err
	}
	m, err := x.imported(ctx, made, train.Signature(spec, e.inputs, e.labels), e.encoder)
	if err != nil {
		return fmt.Errorf("artifact %s: %w", a.Path, err)
	}
	// From here on nothing can tell that a command has made it: gates, drift and serving need the same of every model.
	if m.PlanDigest, err = x.recipe.digest(); err != nil {
		return err
	}
	m.DataDigest, m.Seed = x.record.output(plan.StageIngest, "data"), x.seed
	var file bytes.Buffer
	if err := m.Encode(&file); err != nil {
		return err
	}
	if err := x.putBytes(ctx, res, "model", file.Bytes()); err != nil {
		return err
	}
	x.trained.set(m)
	res.Detail = fmt.Sprintf("%s, %s; %s", a.Flavor, plan.ShortDigest(res.Outputs["model"]), res.Detail)
	return x.put(ctx, res, "report", map[string]any{"params": res.Params,
		"metrics": res.Metrics, "artifact": made.Digest})
}

// imported makes a model of the artifact: the runtime's own trees where it can
// score them, else one whose server it will start and ask.
func (x *execution) imported(ctx context.Context, made artifact.Artifact, sig model.Signature,
	enc model.Encoder) (_ *model.Model, err error) {
	a := x.model.Artifact
	// Its server is started later, by the first that asks the model.
	if a.Flavor == plan.PyFunc {
		m := &model.Model{
			Name: x.name, Task: x.model.Task, Algorithm: plan.Custom, Params: plan.Params{},
			Signature: sig, Encoder: enc,
			Remote: &model.Remote{Serve: a.Serve, Path: a.Path, Artifact: made.Digest, Dir: made.Dir},
		}
		return m, m.Prepare()
	}
	r, err := x.Store.Get(ctx, made.Digest)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	imported, err := native.Decode(a.Flavor, r)
	if err != nil {
		return nil, err
	}
	return imported.Model(x.name, x.model.Task, sig, enc)
}
