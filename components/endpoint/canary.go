package endpoint

import "fmt"

// A canary under the names that Argo Rollouts gives to its parts.

type canaryStrategy struct {
	StableService  string `pulumi:"stableService"`
	CanaryService  string `pulumi:"canaryService"`
	MaxSurge       string `pulumi:"maxSurge"`
	MaxUnavailable int    `pulumi:"maxUnavailable"`
	Steps          []step `pulumi:"steps"`

	Analysis       *reference      `pulumi:"analysis"`
	TrafficRouting *trafficRouting `pulumi:"trafficRouting"`
}

type step struct {
	SetWeight *int   `pulumi:"setWeight"`
	Pause     *pause `pulumi:"pause"`

	Analysis *reference `pulumi:"analysis"`
}

// pause without a duration waits for a person.
type pause struct {
	Duration *string `pulumi:"duration"`
}

// canary returns the strategy that shifts traffic to new pods in the steps of the
// blueprint. A pause without a duration waits for a person. Where the new version is
// watched, it has to pass after each pause in which it has traffic.
func (s Strategy) canary(name string) *canaryStrategy {
	out := &canaryStrategy{StableService: name + stable, CanaryService: name + canary, MaxSurge: surge}
	if s.Watch != nil {
		out.Analysis = refer(name + watch)
	}
	weight := 0
	for i, one := range s.Canary {
		switch {
		case one.Weight != nil:
			weight = *one.Weight
			out.Steps = append(out.Steps, step{SetWeight: one.Weight})
		case one.Analysis != nil:
			out.Steps = append(out.Steps, step{Analysis: refer(name + stepSuffix(i))})
			continue
		case one.Forever:
			out.Steps = append(out.Steps, step{Pause: &pause{}})
		default:
			duration := fmt.Sprintf("%ds", one.Seconds)
			out.Steps = append(out.Steps, step{Pause: &pause{Duration: &duration}})
		}
		if s.Watch != nil && one.Weight == nil && weight > 0 {
			out.Steps = append(out.Steps, step{Analysis: refer(name + passed)})
		}
	}
	return out
}
