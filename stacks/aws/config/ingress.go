package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// IngressConfig is what requests from outside of the cluster come through, where a
// blueprint exposes an endpoint.
type IngressConfig struct {
	// Gateway is the one that routes attach to, as namespace/name or
	// namespace/name/listener; empty: each endpoint has one of its own.
	Gateway string
	// GatewayClass is that of Gateways that are made.
	GatewayClass string
	// Class is the IngressClass of Ingresses; empty: the cluster's default, on AWS the
	// load balancers of the foundation's controller.
	Class string
	// From are the namespaces of the pods, or the ranges of the addresses, that reach the
	// pods of an exposed endpoint. Default: those of the way in that the blueprint says.
	From []string
	// InternetFacing has a load balancer of AWS reachable from the internet; otherwise it is
	// an internal one.
	InternetFacing bool
}

// GatewayName takes Gateway apart; an empty listener is all of them.
func (c IngressConfig) GatewayName() (namespace, name, listener string) {
	parts := append(strings.SplitN(c.Gateway, "/", 3), "", "")
	return parts[0], parts[1], parts[2]
}

var gatewayForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$`)

// ingress checks where requests from outside come through.
func (p *problems) ingress() {
	if p.cfg.Layer != LayerWorkloads {
		return
	}
	c := p.cfg.Ingress
	p.form("ingress.gateway", c.Gateway, gatewayForm, "namespace/name or namespace/name/listener, such as infra/public/https")
	p.form("ingress.gatewayClass", c.GatewayClass, priorityForm,
		"the name of a GatewayClass; `kubectl get gatewayclasses` lists those of the cluster")
	p.form("ingress.class", c.Class, priorityForm,
		"the name of an IngressClass; `kubectl get ingressclasses` lists those of the cluster")
	if c.Gateway != "" && c.GatewayClass != "" {
		p.key("ingress.gatewayClass", "it is for Gateways that are made, and ingress.gateway names one that is there; take one of them out")
	}
	for _, from := range c.From {
		if !strings.Contains(from, "/") {
			p.label("ingress.from", from, maxLabelLength)
		} else if prefix, err := netip.ParsePrefix(from); err != nil || prefix != prefix.Masked() {
			p.key("ingress.from", "%q is neither a namespace nor a range of addresses; write it as traefik or 10.1.2.0/24", from)
		}
	}
}

// hosts refuses one at which endpoints of two blueprints are exposed: requests would go to
// whichever came first. Within a blueprint its loader has looked.
func (p *problems) hosts(plans []*plan.Plan) {
	type place struct{ blueprint, endpoint string }
	seen := map[string]place{}
	for _, one := range plans {
		for _, name := range sorted(one.Endpoints) {
			e := one.Endpoints[name].Expose
			if e == nil {
				continue
			}
			if other, taken := seen[e.Host]; taken && other.blueprint != one.Name {
				p.found = append(p.found, fmt.Errorf("blueprint %s: endpoint %s: expose: host %s is the way to endpoint %s of blueprint %s already", one.Name, name, e.Host, other.endpoint, other.blueprint))
			}
			seen[e.Host] = place{one.Name, name}
		}
	}
}
