package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// RecentRuns is how many of the newest runs of a pipeline sizes are judged by.
const RecentRuns = 5

const memoryRule = "resources/memory"

const (
	// tight is the share of a pod's memory above which a stage is close to its limit: the
	// rest is for data that grow, and for the runtime beside a command.
	tight = 0.8
	// loose is the share below which a large size that the blueprint states is wasted.
	loose = 0.25
	// large is in bytes: what is smaller is not worth a word.
	large = 2 << 30
)

// Sizes is the advice on the memory of stages, by what the newest of the runs held.
// The runs are newest first, of any unit. Stages that no run has measured are left out,
// and so is the evaluation of a pyfunc model, whose server is not measured.
func Sizes(p *plan.Plan, at blueprints.Positions, runs []run.Run) []policies.Finding {
	var out []policies.Finding
	for _, name := range slices.Sorted(maps.Keys(p.Pipelines)) {
		s := sizing{plan: p, at: at, name: name, line: p.Pipelines[name]}
		unit, nodes := p.UnitFor(name), plan.ModelGraph()
		if unit.Pipeline != "" {
			var err error
			if nodes, err = p.Graph(name); err != nil {
				continue // loading has said so
			}
		}
		own := slices.DeleteFunc(slices.Clone(runs), func(r run.Run) bool {
			return r.Blueprint != p.Name || r.Unit != unit.Name() || r.Pipeline != unit.Pipeline
		})
		for _, most := range s.peaks(nodes, own[:min(len(own), RecentRuns)]) {
			if f, ok := s.judge(most); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// sizing judges the stages of one pipeline.
type sizing struct {
	plan *plan.Plan
	at   blueprints.Positions
	name string
	line plan.Pipeline
}

// peak is the most that a stage held in any of some runs.
type peak struct {
	stage string // as it is written: without what foreach or matrix adds
	node  plan.Node
	bytes int64
}

// peaks are those of the stages, one of each that is written, in the order of the graph.
func (s *sizing) peaks(nodes []plan.Node, runs []run.Run) []peak {
	var out []peak
	artifact := s.plan.Models[s.line.Model].Artifact
	for _, n := range nodes {
		if n.Name == plan.StageEvaluate && artifact != nil && artifact.Flavor == plan.PyFunc {
			continue
		}
		one := peak{node: n}
		one.stage, _, _ = strings.Cut(n.Name, "@")
		for i := range runs {
			if res := runs[i].Stage(n.Name); res != nil {
				one.bytes = max(one.bytes, res.PeakMemory)
			}
		}
		i := slices.IndexFunc(out, func(o peak) bool { return o.stage == one.stage })
		switch {
		case one.bytes == 0:
		case i < 0:
			out = append(out, one)
		case out[i].bytes < one.bytes:
			out[i] = one
		}
	}
	return out
}

// judge returns a finding where the stage's memory is too little, or far too much and
// stated by the blueprint.
func (s *sizing) judge(most peak) (policies.Finding, bool) {
	stated, given := s.line.Stated(most.node).Memory, s.line.Given(most.node)
	limit := given.MemoryBytes()
	if limit <= 0 {
		return policies.Finding{}, false
	}
	field := s.field(most)
	return assess(s.plan, s.at, field, stated != "", most.bytes, limit, "A stage",
		fmt.Sprintf("pipeline %s: in the last runs stage %s held up to %%s of memory, %%.0f %%%% of the %s of its pod",
			s.name, most.node.Name, given.Memory))
}

// assess compares the bytes that were held with the memory of a pod. The message has verbs
// for the bytes and for their share of it in percent.
func assess(p *plan.Plan, at blueprints.Positions, field []string, stated bool, bytes, limit int64,
	what, message string) (policies.Finding, bool) {
	share := float64(bytes) / float64(limit)
	var title, reason string
	switch {
	case share > tight:
		title = what + " has memory to spare"
		reason = "a pod that holds more than its limit is ended, and data grow"
	case share < loose && stated && limit >= large:
		title = what + " does not reserve what it never uses"
		reason = "memory that is reserved is closed to others, and costs as much as if it was used"
	default:
		return policies.Finding{}, false
	}
	f := policies.Finding{
		Policy: memoryRule, Title: title, Level: plan.Advisory, About: policies.Blueprint, Subject: p.Name,
		Environments: []string{p.Environment}, Path: strings.Join(field, "."), PlanPath: field,
		Message: fmt.Sprintf(message, plan.Bytes(bytes), 100*share),
		Reason:  reason, Fix: fmt.Sprintf("set %s to %q", strings.Join(field, "."), fitting(bytes)),
	}
	f.File, f.Line, f.Col = at.Of(f.PlanPath...)
	return f, true
}

// field is where the memory of the stage is stated, or can be.
func (s *sizing) field(most peak) []string {
	own := []string{"pipelines", s.name, "stages", most.stage}
	place := func(path ...string) string { return fmt.Sprint(s.at.Of(slices.Concat(own, path)...)) }
	if most.node.Custom != nil && place("memory") != place() {
		return append(own, "memory")
	}
	return append(own, "resources", "memory")
}

// fitting is an amount of memory of which the bytes are two thirds, rounded up to what
// people write.
func fitting(bytes int64) string {
	want := max(bytes+bytes/2, 64<<20)
	step := int64(64 << 20)
	switch {
	case want > 4<<30:
		step = 1 << 30
	case want > 1<<30:
		step = 256 << 20
	}
	want = (want + step - 1) / step * step
	if want%(1<<30) == 0 {
		return fmt.Sprintf("%dGi", want>>30)
	}
	return fmt.Sprintf("%dMi", want>>20)
}
