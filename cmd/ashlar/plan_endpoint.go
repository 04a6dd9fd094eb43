package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// endpointLines are what a summary says of an endpoint.
func endpointLines(e plan.Endpoint) []string {
	out := []string{fmt.Sprintf("model %s, %d to %d replicas", e.Model, e.Replicas.Min, e.Replicas.Max),
		"new versions: " + consequence.Strategy(e.Strategy), admitted(e.Access)}
	if x := e.Expose; x != nil {
		out = append(out, fmt.Sprintf("exposed as %s by %s", x.Host, cmp.Or(x.Router, x.Way())))
	}
	if e.Drift == nil {
		return append(out, "no drift watch")
	}
	return append(out, watched(e.Drift))
}

// admitted says who may ask.
func admitted(a *plan.Access) string {
	switch {
	case a == nil:
		return "admits nobody from other machines: it has no access"
	case a.Public:
		return "admits everybody"
	}
	return "admits callers by " + strings.Join(a.Methods(), ", ")
}
