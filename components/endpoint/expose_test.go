package endpoint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	httpRouteType = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
	gatewayType   = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
	ingressType   = "kubernetes:networking.k8s.io/v1:Ingress"
	traefikType   = "kubernetes:traefik.io/v1alpha1:"
)

// exposed is the canary with a way in.
func exposed(e Expose) *Args {
	a := canaryOf(good(Rollout))
	e.Host = "scoring.example.com"
	a.Expose = &e
	return a
}

var public = GatewayName{Namespace: "infra", Name: "public", Listener: "https"}

// The names of the two Services in a Rollout and in what divides requests are the same,
// and the stable one has all requests before a roll-out.
func TestEachRouterDividesRequestsBetweenTheStableAndTheCanaryService(t *testing.T) {
	const routing = "spec.strategy.canary.trafficRouting."
	both := map[string]any{"spec.strategy.canary.stableService": "scoring-stable",
		"spec.strategy.canary.canaryService": "scoring-canary"}
	for name, c := range map[string]struct {
		expose         Expose
		rollout, route map[string]any
		kind           string
	}{
		"the Gateway API's plugin": {Expose{Way: ByGateway, Router: GatewayPlugin, Gateway: public},
			map[string]any{routing + "plugins": map[string]any{"argoproj-labs/gatewayAPI": map[string]any{"httpRoute": "scoring",
				"namespace": "credit-risk"}}, routing + "traefik": nil, routing + "alb": nil, routing + "nginx": nil},
			map[string]any{"spec.parentRefs.0.name": "public", "spec.parentRefs.0.namespace": "infra",
				"spec.parentRefs.0.sectionName": "https", "spec.hostnames.0": "scoring.example.com",
				"spec.rules.0.backendRefs.0.name": "scoring-stable", "spec.rules.0.backendRefs.0.weight": 100.0,
				"spec.rules.0.backendRefs.1.name": "scoring-canary", "spec.rules.0.backendRefs.1.weight": 0.0,
				"spec.rules.0.backendRefs.1.port": 80.0, "spec.rules.1": nil}, httpRouteType},
		"Traefik": {Expose{Way: ByTraefik, Router: Traefik},
			map[string]any{routing + "traefik.weightedTraefikServiceName": "scoring", routing + "plugins": nil},
			map[string]any{"spec.weighted.services.0.name": "scoring-stable", "spec.weighted.services.0.weight": 100.0,
				"spec.weighted.services.1.name": "scoring-canary", "spec.weighted.services.1.weight": 0.0,
				"metadata.annotations": map[string]any{"pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true"}},
			traefikType + "TraefikService"},
		"a load balancer of AWS": {Expose{Way: ByIngress, Router: ALB, TLS: true},
			map[string]any{routing + "alb.ingress": "scoring", routing + "alb.servicePort": 80.0},
			map[string]any{"spec.ingressClassName": "alb",
				"spec.rules.0.http.paths.0.backend.service.name":      "scoring-stable",
				"spec.rules.0.http.paths.0.backend.service.port.name": "use-annotation"}, ingressType},
		"nginx": {Expose{Way: ByIngress, Router: Nginx}, map[string]any{routing + "nginx.stableIngress": "scoring"},
			map[string]any{"spec.ingressClassName": "nginx", "spec.rules.0.host": "scoring.example.com",
				"spec.rules.0.http.paths.0.backend.service.name":        "scoring-stable",
				"spec.rules.0.http.paths.0.backend.service.port.number": 80.0}, ingressType},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, exposed(c.expose))
			rollout := r.One(t, rolloutType)
			holds(t, rollout, both)
			for path, want := range c.rollout {
				if got := rollout.At(path); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s is %v, want %v", path, got, want)
				}
			}
			route := r.One(t, c.kind)
			for path, want := range c.route {
				if got := route.At(path); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s is %v, want %v", path, got, want)
				}
			}
		})
	}
}

// Metrics, drift and the judge answer whoever reaches them: no route leads there.
func TestAWayInLeadsToThePathsOfCallersOnly(t *testing.T) {
	exact, prefixes := Paths()
	for _, ways := range []Expose{{Way: ByGateway, Gateway: public}, {Way: ByIngress}, {Way: ByTraefik}} {
		var got []string
		r := record(t, exposed(ways))
		switch ways.Way {
		case ByGateway:
			matches, _ := r.One(t, httpRouteType).At("spec.rules.0.matches").([]any)
			for i := range matches {
				m := fmt.Sprintf("spec.rules.0.matches.%d.path.", i)
				got = append(got, r.One(t, httpRouteType).Text(m+"type")+" "+r.One(t, httpRouteType).Text(m+"value"))
			}
		case ByIngress:
			paths, _ := r.One(t, ingressType).At("spec.rules.0.http.paths").([]any)
			for i := range paths {
				p := fmt.Sprintf("spec.rules.0.http.paths.%d.path", i)
				got = append(got, strings.Replace(r.One(t, ingressType).Text(p+"Type"), "Prefix", "PathPrefix", 1)+" "+
					r.One(t, ingressType).Text(p))
			}
		default:
			match := r.One(t, traefikType+"IngressRoute").Text("spec.routes.0.match")
			rule, found := strings.CutPrefix(match, "Host(`scoring.example.com`) && (")
			if !found {
				t.Errorf("the route is of any host: %s", match)
			}
			for one := range strings.SplitSeq(strings.TrimSuffix(rule, ")"), " || ") {
				kind, path, _ := strings.Cut(strings.Trim(one, "`)"), "(`")
				got = append(got, strings.Replace(kind, "Path", map[bool]string{true: "Exact", false: "Path"}[kind == "Path"], 1)+
					" "+path)
			}
		}
		var want []string
		for _, path := range exact {
			want = append(want, "Exact "+path)
		}
		for _, path := range prefixes {
			want = append(want, "PathPrefix "+path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %s it leads to %q, want %q", ways.Way, got, want)
		}
	}
	for _, inside := range []string{"/metrics", "/drift", JudgePath, "/"} {
		if slices.Contains(append(exact, prefixes...), inside) {
			t.Errorf("it leads to %s", inside)
		}
	}
}

// Without a canary, or a router, there are no weights to set.
func TestRequestsThatNobodyDividesGoToTheServiceOfClients(t *testing.T) {
	rolling, blueGreen, plain := exposed(Expose{Way: ByTraefik, Router: Traefik}),
		exposed(Expose{Way: ByTraefik, Router: Traefik}), exposed(Expose{Way: ByTraefik, Router: Traefik})
	rolling.Strategy, plain.Strategy, plain.Delivery = Strategy{}, Strategy{}, Deployment
	blueGreen.Strategy = Strategy{BlueGreen: &BlueGreen{}}
	unrouted := exposed(Expose{Way: ByTraefik})
	for name, a := range map[string]*Args{"rolling": rolling, "blue-green": blueGreen, "deployment": plain,
		"no router": unrouted} {
		r := record(t, a)
		if n := len(r.All(traefikType + "TraefikService")); n > 0 {
			t.Errorf("%s: there are %d weighted services", name, n)
		}
		holds(t, r.One(t, traefikType+"IngressRoute"), map[string]any{"spec.routes.0.services.0.name": "scoring",
			"spec.routes.0.services.0.port": 80.0, "spec.routes.0.services.0.kind": nil})
		for _, rollout := range r.All(rolloutType) {
			holds(t, rollout, map[string]any{"spec.strategy.canary.trafficRouting": nil})
		}
	}
}

func TestWithACertificateNothingIsPlainText(t *testing.T) {
	made := record(t, exposed(Expose{Way: ByGateway, Class: "cilium", TLS: true, Secret: "scoring-tls", Issuer: "le",
		Target: "lb.example.com", TTL: 300}))
	g := made.One(t, gatewayType)
	holds(t, g, map[string]any{"spec.gatewayClassName": "cilium", "spec.listeners.0.protocol": "HTTPS",
		"spec.listeners.0.tls.certificateRefs.0.name": "scoring-tls", "spec.listeners.1": nil,
		"spec.listeners.0.hostname": "scoring.example.com", "spec.listeners.0.allowedRoutes.namespaces.from": "Same"})
	notes, _ := g.At("metadata.annotations").(map[string]any)
	if notes["cert-manager.io/cluster-issuer"] != "le" || notes["external-dns.alpha.kubernetes.io/target"] != "lb.example.com" {
		t.Errorf("the Gateway's annotations are %v", notes)
	}
	route := made.One(t, httpRouteType)
	holds(t, route, map[string]any{"spec.parentRefs.0.sectionName": "https", "spec.parentRefs.0.namespace": nil})
	notes, _ = route.At("metadata.annotations").(map[string]any)
	if notes["external-dns.alpha.kubernetes.io/hostname"] != "scoring.example.com" ||
		notes["external-dns.alpha.kubernetes.io/ttl"] != "300" {
		t.Errorf("the route's annotations are %v", notes)
	}
	traefik := record(t, exposed(Expose{Way: ByTraefik, TLS: true, Secret: "scoring-tls", Issuer: "le"}))
	holds(t, traefik.One(t, traefikType+"IngressRoute"), map[string]any{"spec.entryPoints.0": "websecure",
		"spec.entryPoints.1": nil, "spec.tls.secretName": "scoring-tls"})
	holds(t, traefik.One(t, "kubernetes:cert-manager.io/v1:Certificate"), map[string]any{
		"spec.secretName": "scoring-tls", "spec.issuerRef.name": "le", "spec.issuerRef.kind": "ClusterIssuer",
		"spec.dnsNames.0": "scoring.example.com"})
	for class, want := range map[string]map[string]string{
		"alb": {"alb.ingress.kubernetes.io/listen-ports": `[{"HTTPS":443}]`, "alb.ingress.kubernetes.io/scheme": "internal",
			"alb.ingress.kubernetes.io/target-type": "ip"},
		"nginx": {"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"},
	} {
		i := record(t, exposed(Expose{Way: ByIngress, Class: class, TLS: true})).One(t, ingressType)
		holds(t, i, map[string]any{"spec.tls.0.hosts.0": "scoring.example.com", "spec.tls.0.secretName": nil})
		notes, _ := i.At("metadata.annotations").(map[string]any)
		for key, value := range want {
			if notes[key] != value {
				t.Errorf("%s: %s is %v, want %s", class, key, notes[key], value)
			}
		}
	}
	open := record(t, exposed(Expose{Way: ByIngress, Class: "alb", Internet: true})).One(t, ingressType)
	notes, _ = open.At("metadata.annotations").(map[string]any)
	if notes["alb.ingress.kubernetes.io/scheme"] != "internet-facing" {
		t.Errorf("annotations %v", notes)
	}
}

// Argo Rollouts refuses a Rollout whose Ingress is not there.
func TestTheRolloutWaitsForItsWayIn(t *testing.T) {
	for kind, e := range map[string]Expose{ingressType: {Way: ByIngress, Router: Nginx},
		traefikType + TraefikServiceKind: {Way: ByTraefik, Router: Traefik},
		httpRouteType:                    {Way: ByGateway, Router: GatewayPlugin, Gateway: public}} {
		rollout := record(t, exposed(e)).One(t, rolloutType)
		if !slices.ContainsFunc(rollout.DependsOn, func(urn string) bool { return strings.Contains(urn, "$"+kind+"::") }) {
			t.Errorf("the Rollout waits for %q, and not for its %s", rollout.DependsOn, kind)
		}
	}
}

func TestAWayInThatCannotWorkIsRefused(t *testing.T) {
	sleeping := exposed(Expose{Way: ByIngress})
	sleeping.Min, sleeping.Keda = 0, "keda"
	undelivered := exposed(Expose{Way: ByIngress, Router: Nginx})
	undelivered.Delivery = Deployment
	nowhere := exposed(Expose{Way: ByIngress})
	nowhere.Expose.Host = ""
	for want, a := range map[string]*Args{
		"no Gateway to attach to":            exposed(Expose{Way: ByGateway}),
		"router \"nginx\" does not work by":  exposed(Expose{Way: ByGateway, Router: Nginx, Gateway: public}),
		"router \"envoy\" does not work by":  exposed(Expose{Way: ByIngress, Router: "envoy"}),
		"way \"tunnel\"":                     exposed(Expose{Way: "tunnel"}),
		"no certificate without a Secret":    exposed(Expose{Way: ByGateway, Class: "c", TLS: true}),
		"certificate needs a Secret":         exposed(Expose{Way: ByIngress, TLS: true, Issuer: "le"}),
		"that of Gateway infra/public":       exposed(Expose{Way: ByGateway, Gateway: public, TLS: true, Secret: "s"}),
		"behind KEDA's interceptor":          sleeping,
		"divides requests for Argo Rollouts": undelivered,
		"endpoint scoring: expose: no host":  nowhere,
	} {
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
}
