package aws

import (
	"os"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
)

func TestAnEndpointScalesByRequestsInFlight(t *testing.T) {
	p := credit()
	e := p.Endpoints["scoring"]
	e.Replicas.RequestsInFlight = 8
	p.Endpoints["scoring"] = e
	found := false
	for _, scaler := range registered(t, cloud(), p).All("kubernetes:autoscaling/v2:HorizontalPodAutoscaler") {
		found = found || scaler.Text("spec.metrics.1.pods.target.averageValue") == "8"
	}
	if !found {
		t.Error("no autoscaler knows of requests")
	}
	cfg := cloud()
	cfg.Monitoring = false
	if err := Validate([]*plan.Plan{p}, cfg); err == nil || !strings.Contains(err.Error(), "set monitoring to true") {
		t.Errorf("without Prometheus: %v", err)
	}
	// The page is generated from what serving exports.
	page, err := os.ReadFile("../../docs/reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "| `"+endpoint.InFlightMetric+"` | gauge |") {
		t.Errorf("serving exports no %s", endpoint.InFlightMetric)
	}
}
