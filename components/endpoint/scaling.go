package endpoint

import (
	"fmt"
	"maps"
	"strconv"

	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

// busy is the share of the requested CPU, in percent, above which pods are
// added.
const busy = 70

// InFlightMetric is the metric of pods that counts requests under way, as serving exports
// it and the API of custom metrics must have it.
const InFlightMetric = "model_requests_in_flight"

// metrics are what the autoscaler adds pods by. Of several it takes the one that asks
// for the most pods, and removes none while one of them is not known.
func (r *registration) metrics() autoscalingv2.MetricSpecArray {
	out := autoscalingv2.MetricSpecArray{autoscalingv2.MetricSpecArgs{
		Type: pulumi.String("Resource"),
		Resource: autoscalingv2.ResourceMetricSourceArgs{
			Name: pulumi.String("cpu"),
			Target: autoscalingv2.MetricTargetArgs{Type: pulumi.String("Utilization"),
				AverageUtilization: pulumi.Int(busy)},
		},
	}}
	if r.InFlight == 0 {
		return out
	}
	return append(out, autoscalingv2.MetricSpecArgs{
		Type: pulumi.String("Pods"),
		Pods: autoscalingv2.PodsMetricSourceArgs{
			Metric: autoscalingv2.MetricIdentifierArgs{Name: pulumi.String(InFlightMetric)},
			Target: autoscalingv2.MetricTargetArgs{Type: pulumi.String("AverageValue"),
				AverageValue: pulumi.String(strconv.Itoa(r.InFlight))},
		},
	})
}

// scaling registers the autoscaler, or KEDA's where there may be no pods. It is the only
// object that knows how many replicas there may be, so a changed number changes nothing
// else.
func (r *registration) scaling() error {
	target := scaleTarget{APIVersion: "apps/v1", Kind: "Deployment", Name: r.Name}
	if r.Delivery == Rollout {
		target.APIVersion, target.Kind = argoVersion, "Rollout"
	}
	if r.Min == 0 {
		return r.zero(target)
	}
	annotations := r.patient()
	if r.Keda != "" {
		maps.Copy(annotations, ownHPA)
	}
	_, err := autoscalingv2.NewHorizontalPodAutoscaler(r.ctx, r.name, &autoscalingv2.HorizontalPodAutoscalerArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, annotations),
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpecArgs{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReferenceArgs{
				ApiVersion: pulumi.String(target.APIVersion), Kind: pulumi.String(target.Kind),
				Name: pulumi.String(target.Name),
			},
			MinReplicas: pulumi.Int(r.Min),
			MaxReplicas: pulumi.Int(r.Max),
			Metrics:     r.metrics(),
		},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("autoscaler: %w", err)
	}
	return nil
}

// disruption registers the budget for drains: one pod at a time. It names what
// may be missing rather than what must stay, so that it fits any number of
// replicas and a single one can still be moved.
func (r *registration) disruption() error {
	_, err := policyv1.NewPodDisruptionBudget(r.ctx, r.name, &policyv1.PodDisruptionBudgetArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, nil),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       pod.Selector(r.Selector),
			// A pod that is not ready serves nobody: it must not hold up a drain.
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("disruption budget: %w", err)
	}
	return nil
}
