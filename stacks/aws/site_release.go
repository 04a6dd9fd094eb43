package aws

import (
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/releaser"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// sizeReleasing is that of a pod that asks the registry every few seconds.
var sizeReleasing = size{plan.Resources{CPU: "20m", Memory: "128Mi"}, "64Mi"}

// releaser is what brings new versions into the endpoints' traffic; nil without any.
func (s *site) releaser() *releaser.Args {
	w := s.of(lineage.KindRelease, lineage.ReleaseName)
	if len(w.Grants) == 0 {
		return nil
	}
	duty := []string{"release", "--kind", s.cfg.Delivery}
	if at, asked := s.podsAt(); len(asked) > 0 {
		duty = append(duty, "--pods", at)
	}
	p := s.pod(w, sizeReleasing, duty...)
	p.Token, p.Port = true, lineage.ServingPort
	return &releaser.Args{Namespace: s.namespace, Pod: p, Selector: s.selector(w.Kind, w.Name),
		Labels: s.labels(w.Kind, w.Name), Delivery: s.cfg.Delivery, Endpoints: sorted(s.plan.Endpoints), After: s.ready}
}

// releases registers the releaser.
func (s *site) releases() error {
	args := s.releaser()
	if args == nil {
		return nil
	}
	_, err := releaser.New(s.ctx, s.name(lineage.KindRelease, lineage.ReleaseName), args, s.options()...)
	return err
}
