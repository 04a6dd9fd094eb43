package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// writeExposed says of each endpoint with a way in that a laptop has none.
func writeExposed(w io.Writer, p *plan.Plan) {
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		if e := p.Endpoints[name].Expose; e != nil {
			fmt.Fprintf(w, "%s is exposed at %s by a cluster; here it answers at the addresses below only\n", name, e.URL())
		}
	}
}
