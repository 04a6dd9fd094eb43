package endpoint

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/pod"
)

const argoVersion = "argoproj.io/v1alpha1"

// The parts of a Rollout that we write, under Argo's names. A field of type any
// holds a type of Kubernetes' own.

type rolloutSpec struct {
	Selector             any             `pulumi:"selector"`
	Template             any             `pulumi:"template"`
	RevisionHistoryLimit int             `pulumi:"revisionHistoryLimit"`
	Strategy             rolloutStrategy `pulumi:"strategy"`
}

type rolloutStrategy struct {
	Canary    *canaryStrategy    `pulumi:"canary"`
	BlueGreen *blueGreenStrategy `pulumi:"blueGreen"`
}

type blueGreenStrategy struct {
	ActiveService         string `pulumi:"activeService"`
	PreviewService        string `pulumi:"previewService"`
	AutoPromotionEnabled  bool   `pulumi:"autoPromotionEnabled"`
	ScaleDownDelaySeconds *int   `pulumi:"scaleDownDelaySeconds"`

	PrePromotionAnalysis  *reference `pulumi:"prePromotionAnalysis"`
	PostPromotionAnalysis *reference `pulumi:"postPromotionAnalysis"`
}

// rollout registers a Rollout. Like the Deployment it names no replicas: the
// autoscaler decides.
func (r *registration) rollout() error {
	strategy := r.Strategy.argo(r.Name)
	r.routed(strategy.Canary)
	_, err := apiextensions.NewCustomResource(r.ctx, r.name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(argoVersion), Kind: pulumi.String("Rollout"),
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, r.patient()),
		OtherFields: kubernetes.UntypedArgs{"spec": rolloutSpec{
			Selector:             pod.Selector(r.Selector),
			Template:             r.template(),
			RevisionHistoryLimit: revisions,
			Strategy:             strategy,
		}},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("rollout: %w", err)
	}
	return nil
}

// argo is the strategy in the words of Argo Rollouts, with the names of the Services
// between which it moves traffic.
func (s Strategy) argo(name string) rolloutStrategy {
	if b := s.BlueGreen; b != nil {
		out := &blueGreenStrategy{
			ActiveService: name, PreviewService: name + preview, AutoPromotionEnabled: b.AutoPromotion,
		}
		if b.ScaleDownDelay > 0 {
			out.ScaleDownDelaySeconds = &b.ScaleDownDelay
		}
		if b.Before != nil {
			out.PrePromotionAnalysis = refer(name + before)
		}
		if b.After != nil {
			out.PostPromotionAnalysis = refer(name + after)
		}
		return rolloutStrategy{BlueGreen: out}
	}
	return rolloutStrategy{Canary: s.canary(name)}
}
