package review

import (
	"context"
	"errors"
	"maps"
	"reflect"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// record asks which resources the plans of a folder that changed come to. Plans whose
// difference cannot change a resource are not asked about: the program evaluates a
// whole stack for each.
func (c *comparison) record(ctx context.Context, r *recorder, folder string, p pair) error {
	for env, is := range p.after {
		was := p.before[env]
		// A plan without a counterpart has nothing to be compared with, and the
		// overlay of previews is deployed nowhere.
		if was == nil || env == plan.PreviewOverlay || was.digest == is.digest ||
			c.Environment != "" && c.Environment != env ||
			reflect.DeepEqual(resourceful(was.Plan), resourceful(is.Plan)) {
			continue
		}
		key := folder + "/" + env
		if err := errors.Join(r.ask(ctx, key+"/base", was), r.ask(ctx, key+"/head", is)); err != nil {
			return err
		}
	}
	return nil
}

// resourceful is the plan without what changes no resource but the plan's own
// ConfigMap: how models are made and held, and what is expected of data. That
// it changes none is what tests/record holds.
// What it leaves out has to be exact: a field that does change resources would make
// a change of infrastructure go unreported.
func resourceful(p *plan.Plan) plan.Plan {
	out := *p
	out.Policies, out.Pins, out.Seed, out.Description = nil, nil, 0, ""
	out.Datasets, out.Models = maps.Clone(p.Datasets), maps.Clone(p.Models)
	for name, d := range out.Datasets {
		d.Columns, d.Expect, d.CSV, d.Description, d.Sample = nil, nil, plan.CSVOptions{}, "", 0
		out.Datasets[name] = d
	}
	for name, m := range out.Models {
		out.Models[name] = plan.Model{Dataset: m.Dataset}
	}
	return out
}
