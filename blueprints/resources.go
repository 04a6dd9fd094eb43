package blueprints

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// sized brings the resources of stages into the plan's form: those of custom stages
// into the stage's own fields, and those of built-in stages, which have no command,
// from among the stages to the pipeline's builtin.
func sized(doc map[string]any, say func(message, hint string, path ...string)) {
	lines, _ := doc["pipelines"].(map[string]any)
	models, _ := doc["models"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		line, _ := lines[name].(map[string]any)
		stages, _ := line["stages"].(map[string]any)
		builtin := map[string]any{}
		for _, stage := range slices.Sorted(maps.Keys(stages)) {
			body, _ := stages[stage].(map[string]any)
			do, repeated := body["do"].(map[string]any)
			if !repeated {
				do = body
			}
			for _, field := range flattened(do) {
				say(fmt.Sprintf("%s is stated twice, here and in resources", field),
					"remove one of them", "pipelines", name, "stages", stage, field)
			}
			if !hasBuiltin(line, models, stage) || works(body) {
				continue
			}
			if extra := beyondSize(body); len(extra) > 0 {
				say(fmt.Sprintf("%s is a built-in stage and cannot have %s", stage, source.List(extra)),
					"it can have resources, node_selector and tolerations; with a cmd, it is a custom stage",
					"pipelines", name, "stages", stage)
			}
			if own := gathered(body); len(own) > 0 {
				builtin[stage] = own
			}
			delete(stages, stage)
		}
		if len(builtin) > 0 {
			line["builtin"] = builtin
		}
	}
}

// resourceFields are the fields of resources.
var resourceFields = []string{"cpu", "memory", "gpu"}

// flattened moves the stage's resources into the stage, and returns the fields that it
// states twice.
func flattened(stage map[string]any) []string {
	inner, ok := stage["resources"].(map[string]any)
	if !ok {
		return nil
	}
	var twice []string
	for _, field := range resourceFields {
		v, has := inner[field]
		if !has {
			continue
		}
		if _, taken := stage[field]; taken {
			twice = append(twice, field)
		}
		stage[field] = v
	}
	delete(stage, "resources")
	return twice
}

// gathered are what a built-in stage's pod gets, in the plan's form.
func gathered(stage map[string]any) map[string]any {
	out, inner := maps.Clone(stage), map[string]any{}
	for _, field := range resourceFields {
		if v, ok := out[field]; ok {
			inner[field] = v
			delete(out, field)
		}
	}
	delete(out, "description")
	if len(inner) > 0 {
		out["resources"] = inner
	}
	return out
}

// hasBuiltin reports whether the pipeline runs a built-in stage of this name. The
// train of a custom model is always the user's.
func hasBuiltin(line, models map[string]any, stage string) bool {
	model, _ := line["model"].(string)
	m, known := models[model].(map[string]any)
	isBuiltin := func(b plan.BuiltinStage) bool { return b.Name == stage }
	return known && slices.ContainsFunc(plan.BuiltinStages, isBuiltin) &&
		(stage != plan.StageTrain || m["algorithm"] != plan.Custom)
}

// works reports whether the stage has work of its own.
func works(stage map[string]any) bool {
	return slices.ContainsFunc([]string{"cmd", "foreach", "do", "matrix"}, func(field string) bool {
		_, has := stage[field]
		return has
	})
}

// beyondSize are the fields that a built-in stage cannot have.
func beyondSize(stage map[string]any) []string {
	allowed := append([]string{"description", "node_selector", "tolerations"}, resourceFields...)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(stage)),
		func(field string) bool { return slices.Contains(allowed, field) })
}

// leastMemory is what the runtime takes to start, in bytes.
const leastMemory = 64 << 20

// mostMemory is more than any machine has, in bytes.
const mostMemory = 128 << 40

// builtins checks what the pods of built-in stages get, and what the pipeline gives
// to all.
func (r *refs) builtins(name string, p plan.Pipeline) {
	at := func(rest ...string) []string { return append([]string{"pipelines", name}, rest...) }
	if p.Resources != nil {
		r.resources(*p.Resources, leastMemory, func(rest ...string) []string {
			return at(append([]string{"resources"}, rest...)...)
		})
	}
	m := r.plan.Models[p.Model]
	for _, stage := range keys(p.Builtin) {
		own := func(rest ...string) []string { return at(append([]string{"stages", stage}, rest...)...) }
		r.pods(p.Builtin[stage], m, stage == plan.StageEvaluate, own)
	}
}

// pods checks what pods of the runtime get. They can use a GPU where scores is true
// and the model is scored by a server of its own.
func (r *refs) pods(p plan.Pods, m plan.Model, scores bool, at func(...string) []string) {
	stated := p.Stated()
	r.resources(stated, leastMemory, r.within(at))
	if server := m.Artifact != nil && m.Artifact.Flavor == plan.PyFunc; stated.GPU > 0 && !(scores && server) {
		r.say("Ashlar's runtime does the work here, and uses no GPU",
			"remove gpu; custom stages and the servers of pyfunc models can use one", r.within(at)("gpu")...)
	}
	r.nodes(p.NodeSelector, p.Tolerations, at)
}

// within returns the paths of fields of resources, which a stage can also have itself.
func (r *refs) within(at func(...string) []string) func(...string) []string {
	return func(field ...string) []string {
		if inner := at(append([]string{"resources"}, field...)...); r.nodeAt(inner) != nil {
			return inner
		}
		return at(field...)
	}
}

// resources checks quantities; memory must be least or more.
func (r *refs) resources(s plan.Resources, least int64, at func(...string) []string) {
	if s.Memory != "" {
		switch n, err := plan.ParseQuantity(s.Memory); {
		case err != nil:
			r.say(fmt.Sprintf("%q is not a valid amount of memory", s.Memory), "write it as 512Mi or 2Gi",
				at("memory")...)
		case n < least:
			r.say(fmt.Sprintf("%s of memory is too little for the runtime to start", s.Memory),
				fmt.Sprintf("give it %dMi or more", least>>20), at("memory")...)
		case n > mostMemory:
			r.say(fmt.Sprintf("%s of memory is more than any machine has", s.Memory),
				fmt.Sprintf("give it %dTi or less", mostMemory>>40), at("memory")...)
		}
	}
	if s.CPU != "" {
		if _, err := plan.ParseCPU(s.CPU); err != nil {
			r.say(fmt.Sprintf("%q is not a valid number of cores", s.CPU), "write it as 2 or 500m, at most 10000",
				at("cpu")...)
		}
	}
}
