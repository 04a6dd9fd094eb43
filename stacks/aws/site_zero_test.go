package aws

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// A blueprint says how many pods there may be, and the stack's config whether the
// cluster can do it.
func TestNoPodsTakeAClusterWithKEDA(t *testing.T) {
	p := credit()
	e := p.Endpoints["scoring"]
	e.Replicas.Min, e.Replicas.RequestsInFlight = 0, 8
	p.Endpoints["scoring"] = e
	cfg := cloud()
	if err := Validate([]*plan.Plan{p}, cfg); err == nil ||
		!strings.Contains(err.Error(), "`pulumi config set kedaNamespace keda`") {
		t.Errorf("without KEDA: %v", err)
	}
	// The interceptor counts requests: Prometheus is not needed.
	cfg.KedaNamespace, cfg.Monitoring = "keda", false
	r := registered(t, cfg, p)
	if got := r.One(t, "kubernetes:keda.sh/v1alpha1:ScaledObject").At("spec.minReplicaCount"); got != 0.0 {
		t.Errorf("there are at least %v pods", got)
	}
	if all := r.All("kubernetes:autoscaling/v2:HorizontalPodAutoscaler"); len(all) != 0 {
		t.Errorf("there are %d autoscalers beside KEDA's", len(all))
	}
	p.Endpoints["scoring-proxy"] = plan.Endpoint{Access: e.Access, Model: e.Model, Replicas: plan.Replicas{Min: 1, Max: 1}}
	if err := Validate([]*plan.Plan{p}, cfg); err == nil || !strings.Contains(err.Error(), "Service scoring-proxy") {
		t.Errorf("two Services of one name: %v", err)
	}
	cfg.KedaNamespace = "Not A Name"
	if err := Validate([]*plan.Plan{p}, cfg); err == nil || !strings.Contains(err.Error(), "kedaNamespace") {
		t.Errorf("no name of a namespace: %v", err)
	}
}
