package aws

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// hashed is the staged blueprint with a column that is anonymised.
func hashed(t *testing.T, how string) (*plan.Plan, config.Config) {
	t.Helper()
	p, cfg := staged(t)
	d := p.Datasets["applications"]
	d.Columns = map[string]plan.Column{"Status": {Type: plan.Category}, "Home": {Type: plan.Category, Anonymise: how}}
	p.Datasets["applications"] = d
	return p, cfg
}

// holders are the pods that mount the keys, by what runs in them.
func holders(t *testing.T, cfg config.Config, p *plan.Plan) []string {
	t.Helper()
	var out []string
	var look func(at string, v any)
	look = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["secretName"] == pseudonyms {
				out = append(out, at)
			}
			if name, ok := v["name"].(string); ok && v["container"] != nil {
				at += " " + name
			}
			for _, k := range sorted(v) {
				look(at, v[k])
			}
		case []any:
			for _, one := range v {
				look(at, one)
			}
		}
	}
	for _, res := range registered(t, cfg, p).Resources {
		kind := res.Type[strings.LastIndexByte(res.Type, ':')+1:]
		look(fmt.Sprintf("%s %v", kind, res.At("metadata.name")), res.Inputs)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestKeysOfPseudonymsAreMountedWhereRowsComeInAndNowhereElse(t *testing.T) {
	p, cfg := hashed(t, plan.Hash)
	got := holders(t, cfg, p)
	var serving, ingesting, others []string
	for _, one := range got {
		switch {
		case strings.HasSuffix(one, " ingest"):
			ingesting = append(ingesting, one)
		case strings.HasPrefix(one, "Rollout ") || strings.HasPrefix(one, "Deployment "):
			serving = append(serving, one)
		default:
			others = append(others, one)
		}
	}
	if len(serving) == 0 || len(ingesting) == 0 {
		t.Errorf("keys are mounted by %q: want what serves and what ingests", got)
	}
	if len(others) > 0 && !slices.ContainsFunc(sorted(p.Endpoints),
		func(n string) bool { d := p.Endpoints[n].Drift; return d != nil && d.Retrain }) {
		t.Errorf("keys are mounted by %q too", others)
	}
	for _, how := range []string{plan.Mask, plan.Drop, ""} {
		p, cfg := hashed(t, how)
		if got := holders(t, cfg, p); len(got) > 0 {
			t.Errorf("with anonymise: %q keys are mounted by %q, and nothing is hashed", how, got)
		}
	}
}

// A part of what validates anonymised data would be kept with values in it.
func TestAnonymisedDataAreValidatedByOnePod(t *testing.T) {
	for how, want := range map[string]int{"": 3, plan.Hash: 0, plan.Drop: 0} {
		p, _ := hashed(t, how)
		if got := p.FanOut(p.UnitFor("nightly"), plan.StageValidate); !cmp.Equal(want, got) {
			t.Errorf("anonymise %q: %d parts, want %d", how, got, want)
		}
	}
}
