package aws

import (
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// needsExposed are the kinds that the ways in to the plans' endpoints are made of.
func needsExposed(plans []*plan.Plan, cfg config.Config) []need {
	var out []need
	add := func(group, remedy string, kinds ...string) {
		if !slices.ContainsFunc(out, func(n need) bool { return n.group == group && slices.Equal(n.kinds, kinds) }) {
			out = append(out, need{group, remedy, kinds})
		}
	}
	for _, p := range plans {
		for _, name := range sorted(p.Endpoints) {
			e := p.Endpoints[name].Expose
			if e == nil {
				continue
			}
			who := "endpoint " + name + " of blueprint " + p.Name + " is exposed through it"
			switch class := (&site{cfg: cfg}).ingressClass(e); {
			case e.Way() == plan.ViaGateway:
				add(endpoint.GatewayVersion, who+": install the Gateway API and a controller of it, or say via: \"ingress\"",
					endpoint.GatewayKind, endpoint.RouteOfGateway)
			case e.Way() == plan.ViaTraefik:
				add(endpoint.TraefikVersion, who+": install Traefik, or take router: traefik out",
					endpoint.TraefikRouteKind, endpoint.TraefikServiceKind)
			case class == classALB:
				add("elbv2.k8s.aws/v1beta1", who+": install the AWS Load Balancer Controller (a foundation of Ashlar's has it), or set config ingress.class to another one's", "TargetGroupBinding")
			}
			if e.TLS != nil && e.TLS.Issuer != "" {
				add(endpoint.CertificateVersion, who+", whose certificate it makes: install cert-manager, or say tls: secret or existing",
					endpoint.CertificateKind)
			}
		}
	}
	return out
}
