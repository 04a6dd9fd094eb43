package plan

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Resources are what the container of a pod gets, in Kubernetes' quantities. CPU
// is requested; memory is requested and is the limit. An empty field is not stated.
type Resources struct {
	CPU    string `json:"cpu,omitempty"`    // cores, such as 2 or 500m
	Memory string `json:"memory,omitempty"` // such as 512Mi or 2Gi
	GPU    int    `json:"gpu,omitempty"`    // whole GPUs
}

// String is for people, such as "250m of CPU, 512Mi of memory".
func (r Resources) String() string {
	text := fmt.Sprintf("%s of CPU, %s of memory", r.CPU, r.Memory)
	if r.GPU > 0 {
		text += ", " + Counted(r.GPU, "GPU")
	}
	return text
}

// Pods says what the pods of an endpoint or a built-in stage get, and on which
// nodes they run.
type Pods struct {
	Resources    *Resources        `json:"resources,omitempty"` // nil: the defaults
	NodeSelector map[string]string `json:"node_selector,omitempty"`
	Tolerations  []Toleration      `json:"tolerations,omitempty"`
}

// Priority says which pods wait, and which are removed for others, where nodes are full.
// Empty is the cluster's default.
type Priority string

// The priorities.
const (
	HighPriority Priority = "high"
	LowPriority  Priority = "low"
)

// ServingResources are those of an endpoint that states none: it holds a model of
// megabytes.
func ServingResources() Resources { return Resources{CPU: "250m", Memory: "512Mi"} }

// StageResources are those of a stage that states none, nor does its pipeline: it
// holds a table.
func StageResources() Resources { return Resources{CPU: "500m", Memory: "4Gi"} }

// Or returns r, with what it does not state from other.
func (r Resources) Or(other Resources) Resources {
	return Resources{cmp.Or(r.CPU, other.CPU), cmp.Or(r.Memory, other.Memory), cmp.Or(r.GPU, other.GPU)}
}

// MemoryBytes is the memory in bytes; 0 where none is stated.
func (r Resources) MemoryBytes() int64 {
	n, _ := ParseQuantity(r.Memory) // a plan that was loaded has been checked
	return n
}

// Stated are the resources that the blueprint states.
func (p Pods) Stated() Resources {
	if p.Resources == nil {
		return Resources{}
	}
	return *p.Resources
}

// Given are the resources of the endpoint's pods, with the defaults.
func (e Endpoint) Given() Resources { return e.Stated().Or(ServingResources()) }

// Stated are the resources that the blueprint states for the stage: by itself, else
// for all stages of the pipeline.
func (p Pipeline) Stated(n Node) Resources {
	own := p.Builtin[n.Name].Stated()
	if n.Custom != nil {
		own = Resources{n.Custom.CPU, n.Custom.Memory, n.Custom.GPU}
	}
	if p.Resources != nil {
		own = own.Or(*p.Resources)
	}
	return own
}

// Given are the resources of the stage's pod, with the defaults.
func (p Pipeline) Given(n Node) Resources { return p.Stated(n).Or(StageResources()) }

// Largest are the resources of a pod in which all built-in stages run one after the
// other: of each resource the most that one of them gets.
func (p Pipeline) Largest() Resources {
	var out Resources
	for _, n := range ModelGraph() {
		out = out.Larger(p.Given(n))
	}
	return out.Or(StageResources())
}

// Retraining are the resources of a pod that trains the model in all its built-in
// stages: the most that a pipeline of the model gives to one.
func (p *Plan) Retraining(model string) Resources {
	var out Resources
	for _, line := range p.Pipelines {
		if line.Model == model {
			out = out.Larger(line.Largest())
		}
	}
	out.GPU = 0 // what built-in stages train on
	return out.Or(StageResources())
}

// Larger is of each resource the larger amount. An amount that does not parse, which
// no loaded plan has, is less than any other.
func (r Resources) Larger(other Resources) Resources {
	a, _ := ParseCPU(r.CPU)
	b, _ := ParseCPU(other.CPU)
	if b > a {
		r.CPU = other.CPU
	}
	a, _ = ParseQuantity(r.Memory)
	if b, _ = ParseQuantity(other.Memory); b > a {
		r.Memory = other.Memory
	}
	r.GPU = max(r.GPU, other.GPU)
	return r
}

// maxCores is more than any machine has.
const maxCores = 10_000

var coresForm = regexp.MustCompile(`^([1-9][0-9]{0,8}m|[0-9]{1,5}(\.[0-9]{1,3})?)$`)

// ParseCPU reads a number of cores as Kubernetes writes it, such as 2, 0.5 or 500m,
// and returns thousandths of a core.
func ParseCPU(text string) (int64, error) {
	wrong := fmt.Errorf("%q is not a valid number of cores; write it as 2 or 500m, at most %d", text, maxCores)
	if !coresForm.MatchString(text) {
		return 0, wrong
	}
	var milli int64
	if digits, ok := strings.CutSuffix(text, "m"); ok {
		milli, _ = strconv.ParseInt(digits, 10, 64) // at most nine digits
	} else {
		cores, _ := strconv.ParseFloat(text, 64) // digits, as the form says
		milli = int64(cores*1000 + 0.5)
	}
	if milli < 1 || milli > maxCores*1000 {
		return 0, wrong
	}
	return milli, nil
}
