package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// exposure is an endpoint at a host, and where the blueprint says so.
type exposure struct {
	environment, host   string
	blueprint, endpoint string
	at                  blueprints.Problem
}

// exposures are the hosts of a loaded blueprint in one environment.
func exposures(p *plan.Plan, at blueprints.Positions, file func(string) string) []exposure {
	var out []exposure
	for _, name := range slices.Sorted(maps.Keys(p.Endpoints)) {
		e := p.Endpoints[name]
		if e.Expose == nil {
			continue
		}
		one := exposure{environment: p.Environment, host: e.Expose.Host, blueprint: p.Name, endpoint: name}
		one.at.File, one.at.Line, one.at.Col = at.Of("endpoints", name, "expose", "host")
		one.at.File, one.at.Path = file(one.at.File), "endpoints."+name+".expose.host"
		out = append(out, one)
	}
	return out
}

// sharedHosts are the problems of hosts that endpoints of several blueprints have in one
// environment, one a place. Within a blueprint the loader has looked.
func sharedHosts(all []exposure) blueprints.Problems {
	first := map[[2]string]exposure{}
	environments := map[blueprints.Problem][]string{}
	for _, one := range all {
		key := [2]string{one.environment, one.host}
		other, taken := first[key]
		switch {
		case !taken:
			first[key] = one
		case other.blueprint != one.blueprint:
			p := one.at.As(source.WrongEndpoint)
			p.Message = fmt.Sprintf("host %s is the way to endpoint %s of blueprint %s already", one.host, other.endpoint,
				other.blueprint)
			environments[p] = append(environments[p], one.environment)
		}
	}
	var out blueprints.Problems
	for p, in := range environments {
		slices.Sort(in)
		p.Message += ", in " + strings.Join(in, ", ")
		p.Hint = "a host leads to one endpoint"
		out = append(out, p)
	}
	return out.Sorted()
}
