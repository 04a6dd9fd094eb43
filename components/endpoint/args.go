package endpoint

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// The ways in which a new version replaces the old.
const (
	Rollout    = "rollout"    // Argo Rollouts, with the strategy's steps
	Deployment = "deployment" // Kubernetes' own rolling update; steps are taken within its pods
)

// Args says what an endpoint serves with, and how much of it.
type Args struct {
	Namespace string
	Name      string // of the objects, and the first part of the URL
	Pod       pod.Args
	Selector  map[string]string // labels of the pods that never change; part of Pod.Labels
	Labels    map[string]string // of the objects

	Min, Max int // replicas
	// InFlight is the average number of requests under way in a pod above which pods are
	// added; 0: CPU alone decides. The cluster must serve the metric InFlightMetric.
	InFlight int
	// Keda is the namespace of KEDA's HTTP add-on, which Min 0 takes; "": it runs nowhere.
	Keda     string
	Delivery string
	Strategy Strategy
	Expose   *Expose // nil: there is no way in from outside of the cluster

	After []pulumi.Resource // what must be there first
}

// Strategy is how a new version replaces the old, in Argo Rollouts' words. At
// most one field is set; neither means a rolling update.
type Strategy struct {
	Canary []Step
	// Watch judges the new version of a canary all the time, and after each pause waits
	// until it passes.
	Watch     *Analysis
	BlueGreen *BlueGreen
	// Within has each pod take part with several versions, whom the releaser asks what
	// they have counted. It takes no Argo Rollouts.
	Within bool
}

// Step of a canary gives the new version a share of the pods in percent, waits, or
// judges. Forever waits for a person.
type Step struct {
	Weight   *int
	Seconds  int
	Forever  bool
	Analysis *Analysis
}

// BlueGreen swaps all traffic at once.
type BlueGreen struct {
	AutoPromotion bool
	// ScaleDownDelay is for how many seconds the old pods still run; 0: Argo's default.
	ScaleDownDelay int
	// Before judges the new version before it has the traffic, After when it has.
	Before, After *Analysis
}

// suffixes of the Services that Argo Rollouts points at one version.
const (
	stable  = "-stable"
	canary  = "-canary"
	preview = "-preview"
	peers   = "-pods"  // all pods, one by one
	proxy   = "-proxy" // the way through KEDA's interceptor, where there may be no pods
)

// ServiceNames are the Services that the endpoint makes.
func (a *Args) ServiceNames() []string {
	names := a.leading()
	if a.Min == 0 {
		names = append(names, a.Name+proxy)
	}
	if a.asked() {
		names = append(names, a.Name+peers)
	}
	return names
}

// asked reports whether the pods are asked one by one what they have counted.
func (a *Args) asked() bool {
	return a.Strategy.Within || a.Delivery == Rollout && len(a.Strategy.analyses(a.Name)) > 0
}

// leading are the Services that lead to pods.
func (a *Args) leading() []string {
	switch {
	case a.Delivery != Rollout:
		return []string{a.Name}
	case a.Strategy.BlueGreen != nil:
		return []string{a.Name, a.Name + preview}
	default:
		return []string{a.Name, a.Name + stable, a.Name + canary}
	}
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("endpoint: no arguments")
	}
	found := []error{object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels)}
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("endpoint %s: "+format, append([]any{a.Name}, args...)...))
	}
	if err := object.CheckName("endpoint", a.Name, object.MaxLabel-len(preview)); err != nil {
		say("%w", err)
	}
	if a.Delivery != Rollout && a.Delivery != Deployment {
		say("delivery %q: want %s or %s", a.Delivery, Rollout, Deployment)
	}
	if a.Min < 0 || a.Max < 1 || a.Max < a.Min {
		say("%d to %d replicas: want 0 or more, at most 1 or more, and no fewer at most than at least", a.Min, a.Max)
	}
	if a.Min == 0 && a.Keda == "" {
		say("0 replicas at least: without KEDA nothing starts a pod when a request arrives")
	}
	if a.Keda != "" {
		if err := object.CheckName("namespace", a.Keda, object.MaxLabel); err != nil {
			say("%w", err)
		}
	}
	if a.InFlight < 0 {
		say("%d requests in flight: want none or more", a.InFlight)
	}
	if len(a.Selector) == 0 {
		say("no selector: its Service would match every pod")
	}
	for key, value := range a.Selector {
		if a.Pod.Labels[key] != value {
			say("selector %s=%s: its own pods do not carry it", key, value)
		}
	}
	if a.Pod.Port == 0 || a.Pod.Operators == 0 {
		say("its pods listen on no port for callers (%d) or none for operators (%d)", a.Pod.Port, a.Pod.Operators)
	}
	if a.Pod.Certificate != nil && (a.Expose != nil || a.Min == 0) {
		say("its pods speak TLS, which neither a way in nor KEDA's interceptor does to pods")
	}
	if err := a.Pod.Validate(); err != nil {
		say("%w", err)
	}
	if err := errors.Join(a.Strategy.validate(), a.Expose.validate(a)); err != nil {
		say("%w", err)
	}
	return errors.Join(found...)
}

// validate returns what is wrong with the strategy: both kinds at once, or a step that
// says nothing or several things.
func (s Strategy) validate() error {
	var found []error
	if len(s.Canary) > 0 && s.BlueGreen != nil {
		found = append(found, errors.New("strategy: canary and blueGreen; want one of them"))
	}
	for i, step := range s.Canary {
		ways := 0
		for _, set := range []bool{step.Weight != nil, step.Seconds > 0, step.Forever, step.Analysis != nil} {
			if set {
				ways++
			}
		}
		if ways != 1 {
			found = append(found, fmt.Errorf("strategy: canary step %d: want a weight, a pause, a wait for a person or an analysis",
				i))
		}
		if step.Weight != nil && (*step.Weight < 0 || *step.Weight > 100) {
			found = append(found, fmt.Errorf("strategy: canary step %d: weight %d, want 0 to 100", i, *step.Weight))
		}
	}
	return errors.Join(found...)
}
