package pipeline

import (
	"context"
	"maps"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// inputs is everything that the stage's result depends on; nil where it is
// never taken from the store.
func (x *execution) inputs(ctx context.Context, s *stage, res *run.Result) (map[string]any, error) {
	in, err := s.depends(&x.recipe)
	if err != nil || in == nil {
		return nil, err
	}
	if s.world != nil {
		world, err := s.world(ctx, x, res)
		if err != nil {
			return nil, err
		}
		maps.Copy(in, world)
	}
	if s.custom == nil {
		for name, from := range s.reads {
			in[name] = x.record.output(from.stage, from.name)
		}
	}
	return in, nil
}

// cached is a result as later runs take it over.
type cached struct {
	MadeAt  time.Time                    `json:"made_at"`
	Detail  string                       `json:"detail"`
	Outputs map[string]string            `json:"outputs"`
	Files   map[string]artifact.Artifact `json:"files,omitempty"`
	Deps    map[string]artifact.Artifact `json:"deps,omitempty"`
	Metrics map[string]float64           `json:"metrics,omitempty"`
	Log     string                       `json:"log,omitempty"`
	Objects []string                     `json:"objects"` // outputs that are objects in the store
}

func stageRef(kind, key string) string { return "stages/" + kind + "/" + key[len("sha256:"):] }

// lookup takes the result from the store. A result whose objects are gone is
// no result: the stage runs again and makes them again.
func (x *execution) lookup(ctx context.Context, s *stage, res *run.Result) bool {
	b, err := x.Store.GetRef(ctx, stageRef(s.keptUnder(), res.Key))
	if err != nil {
		return false
	}
	var c cached
	if plan.Unmarshal(b, &c) != nil {
		return false
	}
	for _, name := range c.Objects {
		if ok, err := x.Store.Has(ctx, c.Outputs[name]); err != nil || !ok {
			return false
		}
	}
	for _, a := range c.Files {
		if ok, err := x.Store.Has(ctx, a.Digest); err != nil || !ok {
			return false
		}
	}
	res.Reused, res.MadeAt, res.Detail, res.Outputs, res.Metrics = true, c.MadeAt, c.Detail, c.Outputs, c.Metrics
	res.Files, res.Deps, res.Log = c.Files, c.Deps, c.Log
	return true
}

func (x *execution) remember(ctx context.Context, s *stage, res *run.Result) error {
	res.MadeAt = x.Now().UTC()
	c := cached{
		MadeAt: res.MadeAt, Detail: res.Detail, Outputs: res.Outputs, Files: res.Files, Deps: res.Deps,
		Metrics: res.Metrics, Log: res.Log, Objects: []string{},
	}
	for name, digest := range res.Outputs {
		if ok, _ := x.Store.Has(ctx, digest); ok {
			c.Objects = append(c.Objects, name)
		}
	}
	b, err := plan.Canonical(c)
	if err != nil {
		return err
	}
	return x.Store.PutRef(ctx, stageRef(s.keptUnder(), res.Key), b)
}
