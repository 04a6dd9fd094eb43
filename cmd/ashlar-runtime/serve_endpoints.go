package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/ashlar-dev/ashlar/runtime/endpoint"
	"github.com/ashlar-dev/ashlar/runtime/govern"
	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/peak"
)

// severally says why a process cannot serve several endpoints: what moves the pods of one
// would move all, and what is counted of its versions is not counted by endpoint.
func (a *app) severally(o *serveOptions) error {
	slices.Sort(o.names)
	o.names = slices.Compact(o.names)
	switch {
	case len(o.names) == 1:
		return nil
	case o.assigned:
		return errors.New("--assigned is for one endpoint, whose version the pod is started for: serve each by a process of its own, or follow the registry without it")
	case a.getenv(envPods) != "":
		return fmt.Errorf("%s is set: the pods of an endpoint that is judged serve it alone", envPods)
	}
	return nil
}

// endpoints makes every endpoint that the process serves, in order of name.
func (a *app) endpoints(g *ground, o *serveOptions) ([]*endpoint.Endpoint, error) {
	rules, err := govern.NewRules(g.plan)
	if err != nil {
		return nil, inputError{err}
	}
	metrics, err := endpoint.NewMetrics(g.plan)
	if err != nil {
		return nil, inputError{err}
	}
	out := make([]*endpoint.Endpoint, 0, len(o.names))
	for _, name := range o.names {
		e, err := a.endpoint(g, o, name, rules, metrics)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// endpoint makes one of the endpoints that the process serves.
func (a *app) endpoint(g *ground, o *serveOptions, name string, rules *govern.Rules,
	metrics *endpoint.Metrics) (*endpoint.Endpoint, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name of this replica: %w", err)
	}
	var assigned *string
	if o.assigned {
		digest := a.getenv(assignedVariable)
		assigned = &digest
		a.log.Info("serves the version alone that this pod was started for", "digest", digest)
	}
	var memory func() int64
	// A pod that watches nothing may not write to the store, and one that serves several
	// endpoints cannot tell what each needs.
	if g.plan.Endpoints[name].Drift != nil && len(o.names) == 1 {
		memory = peak.Watch()
	}
	tolerance, err := a.tolerance()
	if err != nil {
		return nil, inputError{err}
	}
	within, err := endpoint.ParseWithin(a.getenv(withinVariable))
	if err != nil {
		return nil, inputError{fmt.Errorf("%s: %w", withinVariable, err)}
	}
	var e *endpoint.Endpoint
	var judged judging
	if assigned != nil && g.plan.Endpoints[name].Strategy.Beside() {
		instance := fmt.Sprintf("%s-%d", host, a.now().UnixNano())
		judged.handler = peers.Tell(func() peers.Beside {
			return peers.Beside{Instance: instance, Versions: e.Counted()}
		})
	} else {
		judged, err = a.judged(func() judge.Pairs { return e.Compared() })
	}
	if err != nil {
		return nil, inputError{err}
	}
	e, err = endpoint.New(endpoint.Config{
		Answered: judged.answered, Release: judged.handler,
		Memory: memory, Plan: g.plan, Name: name, Assigned: assigned, Within: within, Compare: tolerance,
		Store: g.store, Registry: g.registry, Rules: rules, Metrics: metrics, Author: g.author,
		Now: a.now, Log: a.log, Notice: func(line string) { a.log.Info(line) }, Replica: host, Grace: grace,
		ClientCA: o.tls.ClientCA, TempDir: os.TempDir(), Getenv: a.getenv, Confine: a.confinement(g.settings),
		Tracer: g.tracer,
	})
	return e, err
}
