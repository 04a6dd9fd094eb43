package aws

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// TestEveryPodSendsTracesWhereTheConfigSaysSo looks for OpenTelemetry's variables in each
// container, and for pods without a way to the collector.
func TestEveryPodSendsTracesWhereTheConfigSaysSo(t *testing.T) {
	traced := elsewhere()
	traced.Tracing = config.TracingConfig{Endpoint: "http://192.0.2.77:4318", Ratio: "0.25"}
	for _, r := range objects(registered(t, elsewhere(), credit())) {
		if strings.Contains(text(r), "OTEL_") {
			t.Errorf("%s %s: nobody asked for traces", r.Type, r.Name)
		}
	}
	services := map[string]bool{}
	policies, ways := 0, 0
	for _, r := range objects(registered(t, traced, credit())) {
		for name, spec := range podSpecs(r) {
			for _, c := range anyList(spec["containers"]) {
				env := map[string]any{}
				for _, e := range anyList(c.(map[string]any)["env"]) {
					v := e.(map[string]any)
					env[v["name"].(string)] = v["value"]
				}
				if env["ASHLAR_PLAN"] == nil { // what migrates the database knows no plan, and sends nothing
					continue
				}
				if env["OTEL_EXPORTER_OTLP_ENDPOINT"] != "http://192.0.2.77:4318" ||
					env["OTEL_TRACES_SAMPLER"] != "parentbased_traceidratio" || env["OTEL_TRACES_SAMPLER_ARG"] != "0.25" ||
					!strings.Contains(env["OTEL_RESOURCE_ATTRIBUTES"].(string), "service.namespace=credit-risk,") {
					t.Errorf("%s %s: %v", r.Name, name, env)
				}
				services[env["OTEL_SERVICE_NAME"].(string)] = true
			}
		}
		if r.Text("kind") == "NetworkPolicy" && strings.Contains(text(r), "egress") &&
			strings.Contains(text(r), "ipBlock") {
			policies++
			if strings.Contains(text(r), "192.0.2.77/32") && strings.Contains(text(r), "4318") {
				ways++
			}
		}
	}
	if !services["endpoint-scoring"] || !services["pipeline-nightly"] {
		t.Errorf("services are %v", services)
	}
	if policies == 0 || ways != policies-1 && ways != policies {
		t.Errorf("%d of %d policies have a way to the collector", ways, policies)
	}
}

func anyList(v any) []any {
	out, _ := v.([]any)
	return out
}
