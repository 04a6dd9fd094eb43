package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// crds are the folder of the CustomResourceDefinitions that tests/manifests gives a real
// API server.
const crds = "../../tests/manifests/testdata"

// schemaIn reads the schema of a CustomResourceDefinition, or a file that is one.
func schemaIn(t *testing.T, file string) *openapi3.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(crds, file))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	if spec, is := raw["spec"].(map[string]any); is {
		version := spec["versions"].([]any)[0].(map[string]any)
		raw = version["schema"].(map[string]any)["openAPIV3Schema"].(map[string]any)
	}
	closed(raw)
	encoded, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	out := &openapi3.Schema{}
	if err := json.Unmarshal(encoded, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Validate(context.Background()); err != nil {
		t.Fatalf("%s is no schema: %v", file, err)
	}
	return out
}

// closed has a schema refuse fields that it does not name, as server-side apply does.
func closed(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, named := v["properties"].(map[string]any)
		if _, open := v["additionalProperties"]; named && !open && v["x-kubernetes-preserve-unknown-fields"] != true {
			v["additionalProperties"] = false
		}
		for _, one := range v {
			closed(one)
		}
	case []any:
		for _, one := range v {
			closed(one)
		}
	}
}

// ways are credit's endpoint with each way in, and the config that they take.
func ways() map[string]struct {
	expose plan.Expose
	config func(*config.Config)
} {
	type way = struct {
		expose plan.Expose
		config func(*config.Config)
	}
	issued, existing := &plan.ExposeTLS{Issuer: "letsencrypt"}, &plan.ExposeTLS{Existing: true}
	dns := &plan.ExposeDNS{Target: "lb.example.com", TTL: "5m"}
	none := func(*config.Config) {}
	return map[string]way{
		"a Gateway of others": {plan.Expose{Router: plan.RouterGateway, TLS: existing},
			func(c *config.Config) { c.Ingress.Gateway = "infra/public/https" }},
		"a Gateway that is made": {plan.Expose{TLS: issued, DNS: dns}, func(c *config.Config) {
			c.Ingress.GatewayClass, c.Ingress.From = "cilium", []string{"gateways"}
		}},
		"Traefik":                {plan.Expose{Router: plan.RouterTraefik, TLS: issued, DNS: dns}, none},
		"Traefik as it is":       {plan.Expose{Router: plan.RouterTraefik, TLS: existing}, none},
		"a load balancer of AWS": {plan.Expose{Router: plan.RouterALB, TLS: existing}, none},
		"nginx":                  {plan.Expose{Router: plan.RouterNginx, TLS: &plan.ExposeTLS{Secret: "mine"}}, none},
	}
}

// wayIn is credit, exposed.
func wayIn(e plan.Expose) *plan.Plan {
	p := credit()
	scoring := p.Endpoints["scoring"]
	e.Host = "scoring.example.com"
	scoring.Expose = &e
	p.Endpoints["scoring"] = scoring
	return p
}

func TestWhatLeadsToAnEndpointIsOfItsKindsOwnSchema(t *testing.T) {
	files := map[string]string{
		"gateway.networking.k8s.io/v1:HTTPRoute": "gateway.networking.k8s.io_httproutes.yaml",
		"gateway.networking.k8s.io/v1:Gateway":   "gateway.networking.k8s.io_gateways.yaml",
		"traefik.io/v1alpha1:IngressRoute":       "traefik.io_ingressroutes.yaml",
		"traefik.io/v1alpha1:TraefikService":     "traefik.io_traefikservices.yaml",
		"cert-manager.io/v1:Certificate":         "cert-manager.io_certificates.yaml",
		"argoproj.io/v1alpha1:Rollout":           "argoproj.io_rollouts_trafficrouting.yaml",
	}
	schemas, seen := map[string]*openapi3.Schema{}, map[string]bool{}
	for kind, file := range files {
		schemas[kind] = schemaIn(t, file)
	}
	for name, way := range ways() {
		for _, cfg := range []config.Config{cloud(), elsewhere()} {
			cfg.Delivery = config.DeliveryRollout
			way.config(&cfg)
			for _, o := range objects(registered(t, cfg, wayIn(way.expose))) {
				kind := strings.TrimPrefix(o.Type, "kubernetes:")
				schema := schemas[kind]
				if schema == nil {
					continue
				}
				var what any = o.Inputs
				if strings.HasSuffix(kind, ":Rollout") {
					if what = o.At("spec.strategy.canary.trafficRouting"); what == nil {
						continue
					}
				}
				seen[kind] = true
				if err := schema.VisitJSON(what, openapi3.MultiErrors()); err != nil {
					t.Errorf("%s on %s: %s: %v", name, cfg.Provider, kind, err)
				}
			}
		}
	}
	for kind := range schemas {
		if !seen[kind] {
			t.Errorf("no %s was looked at", kind)
		}
	}
	// The judge must bite.
	for _, wrong := range []string{`{"traefik": {"weightedTraefikServiceName": 1}}`, `{"traefic": {}}`, `{"alb": {"ingress": "x"}}`} {
		var v any
		if err := json.Unmarshal([]byte(wrong), &v); err != nil {
			t.Fatal(err)
		}
		if schemas["argoproj.io/v1alpha1:Rollout"].VisitJSON(v) == nil {
			t.Errorf("%s went unnoticed", wrong)
		}
	}
}

// Who reaches the pods of an exposed endpoint, by namespace or range.
func admittedTo(t *testing.T, cfg config.Config, p *plan.Plan) []string {
	t.Helper()
	var out []string
	for _, o := range objects(registered(t, cfg, p)) {
		if !strings.HasSuffix(o.Type, ":NetworkPolicy") || o.Text("metadata.name") != "endpoint-scoring" {
			continue
		}
		rules, _ := o.At("spec.ingress").([]any)
		for i := range rules {
			at := fmt.Sprintf("spec.ingress.%d.", i)
			side := ""
			if o.At(at+"ports.0.port") == 8081.0 {
				side = ":operators"
			} else if o.At(at+"ports.0.port") != 8080.0 {
				side = ":another"
			}
			if o.At(at+"ports.1") != nil || o.At(at+"from.1") != nil {
				t.Errorf("rule %d is of other ports or of several peers: %v", i, rules[i])
			}
			from := at + "from.0."
			spaces, _ := o.At(from + "namespaceSelector.matchLabels").(map[string]any)
			switch space := spaces["kubernetes.io/metadata.name"]; {
			case o.At(from+"ipBlock.cidr") != nil:
				out = append(out, o.Text(from+"ipBlock.cidr")+side)
			case o.At(from+"podSelector.matchLabels") != nil:
				out = append(out, fmt.Sprint(space, "'s own", side))
			case space != nil:
				out = append(out, fmt.Sprint(space, side))
			default:
				out = append(out, "everybody"+side)
			}
		}
	}
	slices.Sort(out)
	return out
}
