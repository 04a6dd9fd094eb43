package aws

import (
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/namespace"
)

// quota is room for everything of the plan at its largest, twice over, so that a new
// version fits beside the old: pods, cores, GiB of memory, and GPUs. It grows in
// doublings, so that an edited replica count hardly ever moves it, but for the GPUs,
// of which a namespace gets none that its blueprint does not ask for.
func quota(p *plan.Plan) namespace.Quota {
	var most demand
	for _, e := range p.Endpoints {
		most.add(e.Replicas.Max, e.Given())
	}
	if len(p.Endpoints) > 0 {
		most.add(1, sizeReleasing.Resources)
	}
	for name, line := range p.Pipelines {
		most.pipeline(p, name, line)
	}
	q := namespace.Quota{Pods: 64, CPU: 32, MemoryGi: 128}
	for q.Pods < 2*most.pods || float64(q.CPU) < 2*most.cores || float64(q.MemoryGi) < 2*most.gib {
		q = namespace.Quota{Pods: 2 * q.Pods, CPU: 2 * q.CPU, MemoryGi: 2 * q.MemoryGi}
	}
	q.GPU = 2 * most.gpus
	return q
}

// demand is what pods ask for together.
type demand struct {
	pods, gpus int
	cores, gib float64
}

// add counts n pods of the size.
func (d *demand) add(n int, r plan.Resources) {
	milli, _ := plan.ParseCPU(r.CPU) // a plan that was loaded has been checked
	bytes, _ := plan.ParseQuantity(r.Memory)
	d.pods += n
	d.gpus += n * r.GPU
	d.cores += float64(n) * float64(milli) / 1000
	d.gib += float64(n) * float64(bytes) / (1 << 30)
}

// pipeline counts the pods of a run that may be there at once: each custom stage and
// one built-in stage, or as many as fan_out and parallelism say. Which of them run side
// by side depends on how long each takes, so every one counts as the largest, but no
// GPU counts twice.
func (d *demand) pipeline(p *plan.Plan, name string, line plan.Pipeline) {
	nodes, err := p.Graph(name)
	if err != nil {
		return // a plan that was loaded has no cycle
	}
	largest, gpus := line.Largest(), 0
	for _, n := range nodes {
		given := line.Given(n)
		largest, gpus = largest.Larger(given), gpus+given.GPU
	}
	width := max(1+len(line.Stages), line.FanOut)
	if line.Parallelism > 0 {
		width = min(width, line.Parallelism)
	}
	gpus = min(gpus, width*largest.GPU)
	largest.GPU = 0
	d.add(width, largest)
	d.gpus += gpus
}
