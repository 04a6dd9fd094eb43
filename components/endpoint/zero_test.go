package endpoint

import (
	"slices"
	"strings"
	"testing"
)

const (
	kedaType  = "kubernetes:keda.sh/v1alpha1:ScaledObject"
	routeType = "kubernetes:http.keda.sh/v1beta1:InterceptorRoute"
)

// sleeping is an endpoint that may have no pods.
func sleeping(delivery string) *Args {
	a := good(delivery)
	a.Min, a.Keda = 0, "keda"
	return a
}

func TestAnEndpointWithoutPodsIsWokenByKEDA(t *testing.T) {
	for delivery, kind := range map[string]string{Deployment: "Deployment", Rollout: "Rollout"} {
		r := record(t, sleeping(delivery))
		if others := r.All(scalerType); len(others) != 0 {
			t.Errorf("%s: KEDA's autoscaler has %d beside it", delivery, len(others))
		}
		const triggers = "spec.triggers."
		holds(t, r.One(t, kedaType), map[string]any{
			"metadata.name": "scoring", "spec.scaleTargetRef.kind": kind, "spec.scaleTargetRef.name": "scoring",
			"spec.minReplicaCount": 0.0, "spec.maxReplicaCount": 10.0,
			triggers + "0.type":                      "external-push",
			triggers + "0.metadata.scalerAddress":    "keda-add-ons-http-external-scaler.keda:9090",
			triggers + "0.metadata.interceptorRoute": "scoring",
			triggers + "1.type":                      "cpu", triggers + "1.metricType": "Utilization",
			triggers + "1.metadata.value": "70",
		})
		holds(t, r.One(t, routeType), map[string]any{
			"metadata.name": "scoring", "spec.target.service": "scoring", "spec.target.port": 80.0,
			"spec.rules.0.hosts.0":                       "scoring-proxy.credit-risk",
			"spec.rules.0.hosts.2":                       "scoring-proxy.credit-risk.svc.cluster.local",
			"spec.scalingMetric.concurrency.targetValue": 100.0,
		})
		holds(t, r.Named(t, serviceType, "credit-risk-scoring-proxy"), map[string]any{
			"metadata.name": "scoring-proxy", "spec.type": "ExternalName", "spec.selector": nil,
			"spec.externalName":                    "keda-add-ons-http-interceptor-proxy.keda.svc.cluster.local",
			"metadata.labels.ashlar.dev\\/traffic": nil,
		})
	}
}

func TestRequestsInFlightAreCountedByTheInterceptor(t *testing.T) {
	a := sleeping(Rollout)
	a.InFlight = 8
	holds(t, record(t, a).One(t, routeType), map[string]any{"spec.scalingMetric.concurrency.targetValue": 8.0})
}

// KEDA's webhook refuses a ScaledObject whose pods an autoscaler has, and both are there
// for a moment when the minimum becomes 0.
func TestKEDAAcceptsAnEndpointThatHadAnAutoscaler(t *testing.T) {
	mark := func(a *Args) any {
		annotations, _ := record(t, a).One(t, scalerType).At("metadata.annotations").(map[string]any)
		return annotations["validations.keda.sh/hpa-ownership"]
	}
	with := good(Deployment)
	with.Keda = "keda"
	if mark(with) != "false" || mark(good(Deployment)) != nil {
		t.Errorf("with KEDA the autoscaler says %v, without %v", mark(with), mark(good(Deployment)))
	}
}

func TestServicesOfAnEndpointWithoutPodsAreNamed(t *testing.T) {
	if got := sleeping(Deployment).ServiceNames(); !slices.Equal(got, []string{"scoring", "scoring-proxy"}) {
		t.Errorf("got %v", got)
	}
}

func TestWhatKEDANeedsIsSaid(t *testing.T) {
	for want, change := range map[string]func(*Args){
		"without KEDA nothing starts a pod": func(a *Args) { a.Keda = "" },
		`namespace "Keda"`:                  func(a *Args) { a.Keda = "Keda" },
		"0 to 0 replicas":                   func(a *Args) { a.Max = 0 },
		"-1 to 10 replicas":                 func(a *Args) { a.Min = -1 },
	} {
		a := sleeping(Deployment)
		change(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
}
