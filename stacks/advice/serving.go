package advice

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// Serving is the advice on the memory of endpoints, by what processes held that served the
// last versions. The measures are newest first, of any endpoint. Endpoints of pyfunc models
// are left out, whose server is not measured.
func Serving(p *plan.Plan, at blueprints.Positions, served []run.Served) []policies.Finding {
	var out []policies.Finding
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		e := p.Endpoints[name]
		if a := p.Models[e.Model].Artifact; a != nil && a.Flavor == plan.PyFunc {
			continue
		}
		var most int64
		seen := 0
		for _, s := range served {
			if s.Blueprint == p.Name && s.Endpoint == name && s.Model == e.Model && seen < RecentRuns {
				most, seen = max(most, s.PeakMemory), seen+1
			}
		}
		given := e.Given()
		limit := given.MemoryBytes()
		if most == 0 || limit <= 0 {
			continue
		}
		message := fmt.Sprintf("endpoint %s: a process that served one of the last versions held up to %%s of memory, "+
			"%%.0f %%%% of the %s of its pods", name, given.Memory)
		field := []string{"endpoints", name, "resources", "memory"}
		f, ok := assess(p, at, field, e.Stated().Memory != "", most, limit, "An endpoint", message)
		if ok {
			out = append(out, f)
		}
	}
	return out
}
