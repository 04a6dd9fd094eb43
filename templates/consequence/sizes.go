package consequence

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// size says what pods will get and what they got, with the defaults of what the
// blueprint does not state.
func size(d difference) []finding {
	was, is := givenAt(d.base, d.path), givenAt(d.head, d.path)
	if was == is {
		return changed(d) // the default is stated, or no longer
	}
	whose := "its pods"
	switch {
	case d.path[0] == "pipelines" && len(d.path) > 3:
		whose = "the pod of stage " + d.path[3]
	case d.path[0] == "pipelines":
		whose = "pods of stages without resources of their own"
	}
	return []finding{{Changed, fmt.Sprintf("%s: %s, was %s", whose, is, was)}}
}

// givenAt are the resources at the path of a plan.
func givenAt(p *plan.Plan, path []string) plan.Resources {
	if path[0] == "endpoints" {
		return p.Endpoints[path[1]].Given()
	}
	var stage plan.Node // none: what the pipeline gives
	if len(path) > 3 {
		stage.Name = path[3]
	}
	return p.Pipelines[path[1]].Given(stage)
}
