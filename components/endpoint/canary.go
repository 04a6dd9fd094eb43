package endpoint

import "fmt"

// A canary under the names that Argo Rollouts gives to its parts.

type canaryStrategy struct {
	StableService  string `pulumi:"stableService"`
	CanaryService  string `pulumi:"canaryService"`
	MaxSurge       string `pulumi:"maxSurge"`
	MaxUnavailable int    `pulumi:"maxUnavailable"`
	Steps          []step `pulumi:"steps"`
}

type step struct {
	SetWeight *int   `pulumi:"setWeight"`
	Pause     *pause `pulumi:"pause"`
}

// pause without a duration waits for a person.
type pause struct {
	Duration *string `pulumi:"duration"`
}

// canary returns the strategy that shifts traffic to new pods in the steps of the
// blueprint. A pause without a duration waits for a person.
func (s Strategy) canary(name string) *canaryStrategy {
	out := &canaryStrategy{StableService: name + stable, CanaryService: name + canary, MaxSurge: surge}
	for _, one := range s.Canary {
		switch {
		case one.Weight != nil:
			out.Steps = append(out.Steps, step{SetWeight: one.Weight})
		case one.Forever:
			out.Steps = append(out.Steps, step{Pause: &pause{}})
		default:
			duration := fmt.Sprintf("%ds", one.Seconds)
			out.Steps = append(out.Steps, step{Pause: &pause{Duration: &duration}})
		}
	}
	return out
}
