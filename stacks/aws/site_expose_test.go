package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// What is in front of an endpoint reaches its pods, and nobody else does but who reads
// metrics and judges.
func TestAnExposedEndpointAdmitsItsWayInAndNobodyElse(t *testing.T) {
	unwatched := elsewhere()
	unwatched.Delivery, unwatched.Monitoring = config.DeliveryRollout, false
	with := func(edit func(*config.Config)) config.Config {
		c := unwatched
		edit(&c)
		return c
	}
	for name, c := range map[string]struct {
		cfg    config.Config
		expose plan.Expose
		want   []string
	}{
		"a Gateway": {with(func(c *config.Config) { c.Ingress.Gateway = "infra/public" }), plan.Expose{},
			[]string{"infra"}},
		"Traefik":                               {unwatched, plan.Expose{Router: plan.RouterTraefik}, []string{"traefik"}},
		"nginx":                                 {unwatched, plan.Expose{Router: plan.RouterNginx}, []string{"ingress-nginx"}},
		"an Ingress of the cluster's own class": {unwatched, plan.Expose{Via: plan.ViaIngress}, []string{"ingress-nginx"}},
		"a load balancer": {unwatched, plan.Expose{Router: plan.RouterALB},
			[]string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"}},
		"a load balancer of a foundation": {cloud(), plan.Expose{Via: plan.ViaIngress},
			[]string{"10.0.0.0/16", "monitoring:operators"}},
		"whom the config names": {with(func(c *config.Config) { c.Ingress.From = []string{"edge", "10.1.0.0/16"} }),
			plan.Expose{Router: plan.RouterTraefik}, []string{"10.1.0.0/16", "edge"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := admittedTo(t, c.cfg, wayIn(c.expose)); !slices.Equal(got, c.want) {
				t.Errorf("admitted are %q, want %q", got, c.want)
			}
		})
	}
	if got := admittedTo(t, unwatched, credit()); !slices.Equal(got, []string{"everybody"}) {
		t.Errorf("without a way in %q are admitted; clients inside the cluster must be", got)
	}
}

// Who calls an endpoint has no way to its metrics and releases, and Prometheus, wherever
// it runs, none to its predictions.
func TestCallersAndOperatorsAreAdmittedToAPortEach(t *testing.T) {
	if got := admittedTo(t, cloud(), credit()); !slices.Equal(got, []string{"everybody", "monitoring:operators"}) {
		t.Errorf("inside the cluster %q are admitted", got)
	}
	cfg := elsewhere()
	cfg.Monitoring, cfg.PrometheusNamespace = true, "observability"
	// Without Argo Rollouts the releaser asks the pods of a canary.
	if got := admittedTo(t, cfg, credit()); !slices.Equal(got, []string{"ashlar-credit-risk-prod's own:operators",
		"everybody", "observability:operators"}) {
		t.Errorf("with a Prometheus of the cluster's own %q are admitted", got)
	}
}

// The judge of a canary is in the pods: Argo Rollouts asks them, and they ask each other.
func TestAnExposedEndpointAdmitsWhoJudgesIt(t *testing.T) {
	p := wayIn(plan.Expose{Router: plan.RouterTraefik})
	e := p.Endpoints["scoring"]
	canary := *e.Strategy.Canary
	canary.Analysis = quick(plan.ErrorRate)
	e.Strategy.Canary = &canary
	p.Endpoints["scoring"] = e
	want := []string{"argo-rollouts:operators", "ashlar-credit-risk-prod's own:operators", "monitoring:operators",
		"traefik"}
	if got := admittedTo(t, cloud(), p); !slices.Equal(got, want) {
		t.Errorf("admitted are %q, want %q", got, want)
	}
	cfg := cloud()
	cfg.RolloutsNamespace, want[0] = "argo", "argo:operators"
	if got := admittedTo(t, cfg, p); !slices.Equal(got, want) {
		t.Errorf("with a controller elsewhere %q are admitted, want %q", got, want)
	}
}

func TestAWayInThatTheStackCannotMakeIsRefused(t *testing.T) {
	with := func(edit func(*config.Config)) config.Config {
		c := elsewhere()
		c.Delivery = config.DeliveryRollout
		edit(&c)
		return c
	}
	none := func(*config.Config) {}
	gateway := func(c *config.Config) { c.Ingress.Gateway = "infra/public" }
	existing := &plan.ExposeTLS{Existing: true}
	for want, c := range map[string]struct {
		cfg    config.Config
		expose plan.Expose
	}{
		"ingress.gateway NAMESPACE/NAME/LISTENER": {with(none), plan.Expose{}},
		"nothing says where the pods in front": {with(func(c *config.Config) { c.Ingress.GatewayClass = "cilium" }),
			plan.Expose{}},
		"has the certificates of its listeners": {with(gateway), plan.Expose{TLS: &plan.ExposeTLS{Secret: "s"}}},
		"of plain text too":                     {with(gateway), plan.Expose{TLS: existing}},
		"has no certificate yet": {with(func(c *config.Config) { c.Ingress.GatewayClass = "cilium" }),
			plan.Expose{TLS: existing}},
		"from Certificate Manager": {cloud(), plan.Expose{Via: plan.ViaIngress, TLS: &plan.ExposeTLS{Issuer: "le"}}},
		"router nginx does not work with config ingress.class alb": {
			with(func(c *config.Config) { c.Ingress.Class = "alb" }), plan.Expose{Router: plan.RouterNginx}},
		"divides requests for Argo Rollouts": {with(func(c *config.Config) { c.Delivery = config.DeliveryDeployment }),
			plan.Expose{Router: plan.RouterTraefik}},
		"config ingress.gateway":      {with(func(c *config.Config) { c.Ingress.Gateway = "public" }), plan.Expose{}},
		"config ingress.gatewayClass": {with(func(c *config.Config) { gateway(c); c.Ingress.GatewayClass = "x" }), plan.Expose{}},
		"config ingress.class":        {with(func(c *config.Config) { c.Ingress.Class = "No Class" }), plan.Expose{}},
		"config ingress.from":         {with(func(c *config.Config) { c.Ingress.From = []string{"10.1.2.3/8"} }), plan.Expose{}},
	} {
		if err := Validate([]*plan.Plan{wayIn(c.expose)}, c.cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
}

// A host that two blueprints of a repository have would lead to whichever came last.
func TestTwoBlueprintsOfAStackHaveNoHostInCommon(t *testing.T) {
	cfg := elsewhere()
	cfg.Delivery = config.DeliveryRollout
	first, second := wayIn(plan.Expose{Via: plan.ViaIngress}), wayIn(plan.Expose{Via: plan.ViaIngress})
	second.Name = "other-risk"
	err := Validate([]*plan.Plan{first, second}, cfg)
	if err == nil || !strings.Contains(err.Error(), "host scoring.example.com is the way to endpoint scoring of blueprint credit-risk already") {
		t.Errorf("two endpoints at one host: %v", err)
	}
}

// Callers are told the host, which pods do not need to know.
func TestAnExposedEndpointAnswersAtItsHost(t *testing.T) {
	cfg := elsewhere()
	cfg.Delivery = config.DeliveryRollout
	p := wayIn(plan.Expose{Via: plan.ViaIngress, TLS: &plan.ExposeTLS{Existing: true}})
	r := registered(t, cfg, p)
	s, err := onPaper(cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	if url := s.urlOf("scoring", &endpoint.Endpoint{URL: "http://inside"}); url != "https://scoring.example.com" {
		t.Errorf("callers are told to ask at %s", url)
	}
	for _, changed := range pulumitest.Changed(registered(t, cfg, credit()), r) {
		if strings.Contains(changed, "ConfigMap") || strings.Contains(changed, "CronJob") {
			t.Errorf("to expose the endpoint changes %s", changed)
		}
	}
}

// What a cluster lacks of a way in is said before anything is deployed, once.
func TestAClusterWithoutTheWayInIsRefused(t *testing.T) {
	for want, c := range map[string]struct {
		cfg    config.Config
		expose plan.Expose
	}{
		"no HTTPRoute of gateway.networking.k8s.io/v1": {elsewhere(), plan.Expose{}},
		"no TraefikService of traefik.io/v1alpha1":     {elsewhere(), plan.Expose{Router: plan.RouterTraefik}},
		"no TargetGroupBinding of elbv2.k8s.aws/v1beta1: endpoint scoring of blueprint credit-risk is exposed through it: " +
			"install the AWS Load Balancer Controller": {elsewhere(), plan.Expose{Router: plan.RouterALB}},
		"no Certificate of cert-manager.io/v1": {elsewhere(), plan.Expose{Router: plan.RouterNginx,
			TLS: &plan.ExposeTLS{Issuer: "letsencrypt"}}},
	} {
		err := verify(t.Context(), []*plan.Plan{wayIn(c.expose), wayIn(c.expose)}, c.cfg, answering{kinds: everything})
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("it does not say %q once: %v", want, err)
		}
	}
	if err := verify(t.Context(), []*plan.Plan{wayIn(plan.Expose{Router: plan.RouterNginx})}, elsewhere(),
		answering{kinds: everything}); err != nil {
		t.Errorf("Ingresses are the API server's own: %v", err)
	}
}
