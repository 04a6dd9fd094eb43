package aws

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/pod"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// withinPods reports whether each pod has all versions that the strategy has beside each
// other: that takes nothing of the cluster, so it is what is left without Argo Rollouts.
func withinPods(s plan.Strategy, delivery string) bool {
	return s.Within() || delivery == config.DeliveryDeployment && s.Beside()
}

// strategyOf is the plan's strategy in the component's words.
func strategyOf(s plan.Strategy, delivery string) (endpoint.Strategy, error) {
	if withinPods(s, delivery) {
		return endpoint.Strategy{Within: true}, nil
	}
	var out endpoint.Strategy
	var err error
	if b := s.BlueGreen; b != nil {
		out.BlueGreen = &endpoint.BlueGreen{AutoPromotion: b.AutoPromotionEnabled, Before: analysisOf(b.PrePromotion),
			After: analysisOf(b.PostPromotion)}
		if b.ScaleDownDelay != "" {
			if out.BlueGreen.ScaleDownDelay, err = seconds(b.ScaleDownDelay); err != nil {
				return out, fmt.Errorf("strategy: blueGreen: scaleDownDelay: %w", err)
			}
		}
	}
	if s.Canary == nil {
		return out, nil
	}
	out.Watch = analysisOf(s.Canary.Analysis)
	for i, step := range s.Canary.Steps {
		one := endpoint.Step{Weight: step.SetWeight, Forever: step.Pause == plan.ManualPause,
			Analysis: analysisOf(step.Analysis)}
		if step.Pause != "" && !one.Forever {
			if one.Seconds, err = seconds(step.Pause); err != nil {
				return out, fmt.Errorf("strategy: canary step %d: pause: %w", i, err)
			}
		}
		out.Canary = append(out.Canary, one)
	}
	return out, nil
}

// seconds is a duration as Argo takes it: in whole seconds, one or more.
func seconds(text string) (int, error) {
	d, err := plan.ParseDuration(text)
	return max(1, int(d.Round(time.Second).Seconds())), err
}

// analysisOf is what the runtime is asked; see package runtime/judge/peers.
func analysisOf(a *plan.Analysis) *endpoint.Analysis {
	if a == nil {
		return nil
	}
	metrics := map[string]any{}
	for metric, bounds := range a.Metrics {
		var list []any
		for _, b := range bounds {
			list = append(list, map[string]any{"op": string(b.Op), "value": b.Value})
		}
		metrics[metric] = list
	}
	return &endpoint.Analysis{Question: map[string]any{"analysis": map[string]any{
		"metrics": metrics, "confidence": a.Confidence, "min_requests": a.MinRequests}}}
}

// thresholdsOf are the latencies that the strategy's analyses ask about, in seconds,
// ascending, as the runtime reads them.
func thresholdsOf(s plan.Strategy) string {
	var all []float64
	for _, a := range s.Analyses() {
		for metric, bounds := range a.Metrics {
			if _, latency := plan.Quantile(metric); latency && len(bounds) > 0 {
				all = append(all, bounds[0].Value)
			}
		}
	}
	slices.Sort(all)
	var out []string
	for _, seconds := range slices.Compact(all) {
		out = append(out, strconv.FormatFloat(seconds, 'g', -1, 64))
	}
	return strings.Join(out, ",")
}

// counted lets the pods of an endpoint whose versions are judged count their requests,
// and find each other.
func (s *site) counted(name string, strategy plan.Strategy, p *pod.Args) {
	if !s.asksPeers(name) {
		return
	}
	p.Env = maps.Clone(p.Env)
	if p.Env == nil {
		p.Env = map[string]pulumi.StringInput{}
	}
	p.Env["ASHLAR_RELEASE_PODS"] = pulumi.Sprintf("%s.%s.svc:%d", endpoint.PodsService(name), s.namespace,
		lineage.OperatorsPort)
	// Argo Rollouts writes an empty value as none, and would own all containers by that.
	if thresholds := thresholdsOf(strategy); thresholds != "" {
		p.Env["ASHLAR_RELEASE_THRESHOLDS"] = pulumi.String(thresholds)
	}
	for _, a := range strategy.Analyses() {
		if _, asks := a.Metrics[plan.Agreement]; asks {
			p.Env["ASHLAR_RELEASE_TOLERANCE"] = pulumi.String(strconv.FormatFloat(a.Tolerance, 'g', -1, 64))
		}
	}
}

// asksPeers reports whether the pods of the endpoint ask each other what they have counted.
func (s *site) asksPeers(name string) bool {
	strategy := s.plan.Endpoints[name].Strategy
	for range strategy.Analyses() {
		return !withinPods(strategy, s.cfg.Delivery)
	}
	return false
}

// podsAt is where the releaser finds the pods of an endpoint that have several versions,
// and those endpoints.
func (s *site) podsAt() (string, []string) {
	var names []string
	for _, name := range sorted(s.plan.Endpoints) {
		if withinPods(s.plan.Endpoints[name].Strategy, s.cfg.Delivery) {
			names = append(names, name)
		}
	}
	return fmt.Sprintf("%s.%s.svc:%d", endpoint.PodsService("{endpoint}"), s.namespace, lineage.OperatorsPort), names
}
