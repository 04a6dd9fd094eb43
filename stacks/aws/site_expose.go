package aws

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/endpoint"
	"github.com/ashlar-dev/ashlar/components/namespace"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// Namespaces in which others' programs run by default, as their charts' instructions say.
const (
	traefikNamespace = "traefik"
	nginxNamespace   = "ingress-nginx"
)

// The IngressClasses whose pods' place is known.
const (
	classALB     = "alb"
	classNginx   = "nginx"
	classTraefik = "traefik"
)

// ingressClass is the class of the endpoint's Ingress; "": the cluster's default.
func (s *site) ingressClass(e *plan.Expose) string {
	switch {
	case e.Router == plan.RouterALB:
		return classALB
	case s.cfg.Ingress.Class != "":
		return s.cfg.Ingress.Class
	case e.Router == plan.RouterNginx:
		return classNginx
	case s.onAWS():
		return classALB // the foundation has its controller
	}
	return ""
}

// exposeOf is the plan's way in in the component's words; nil: there is none. The config
// says what requests come through, and a blueprint that needs what it does not say is
// refused.
func (s *site) exposeOf(name string) (*endpoint.Expose, error) {
	e := s.plan.Endpoints[name].Expose
	if e == nil {
		return nil, nil
	}
	out := &endpoint.Expose{Host: e.Host, Way: endpoint.Way(e.Way()), Router: endpoint.Router(e.Router),
		Internet: s.cfg.Ingress.InternetFacing}
	if t := e.TLS; t != nil {
		out.TLS, out.Secret, out.Issuer = true, t.Secret, t.Issuer
		if t.Issuer != "" {
			out.Secret = name + "-tls"
		}
	}
	if d := e.DNS; d != nil {
		out.Target = d.Target
		if d.TTL != "" {
			var err error
			if out.TTL, err = seconds(d.TTL); err != nil {
				return nil, fmt.Errorf("expose: dns: ttl: %w", err)
			}
		}
	}
	switch out.Way {
	case endpoint.ByGateway:
		return out, s.gatewayOf(e, out)
	case endpoint.ByIngress:
		out.Class = s.ingressClass(e)
		if out.Class == classALB && out.Secret != "" {
			return nil, errors.New("expose: tls: a load balancer of AWS has its certificate from Certificate Manager: say tls: existing: true, or set config ingress.class to another class")
		}
		if e.Router == plan.RouterNginx && out.Class == classALB {
			return nil, errors.New("expose: router nginx does not work with config ingress.class alb: take one of them out")
		}
	}
	return out, nil
}

// gatewayOf says which Gateway the route attaches to.
func (s *site) gatewayOf(e *plan.Expose, out *endpoint.Expose) error {
	c := s.cfg.Ingress
	space, name, listener := c.GatewayName()
	out.Gateway, out.Class = endpoint.GatewayName{Namespace: space, Name: name, Listener: listener}, c.GatewayClass
	switch {
	case name == "" && c.GatewayClass == "":
		return errors.New("expose: nothing says which Gateway leads to it: `pulumi config set --path ingress.gateway NAMESPACE/NAME/LISTENER` for one that is there, or ingress.gatewayClass for one to be made; or say via: \"ingress\" in the blueprint")
	case name != "" && out.Secret != "":
		return fmt.Errorf("expose: tls: Gateway %s/%s has the certificates of its listeners: say tls: existing: true",
			space, name)
	case name != "" && e.TLS != nil && listener == "":
		return fmt.Errorf("expose: tls: all listeners of Gateway %s/%s would lead to it, of plain text too: name the one with the certificate, as ingress.gateway %[1]s/%[2]s/LISTENER", space, name)
	case name == "" && e.TLS != nil && out.Secret == "":
		return errors.New("expose: tls: a Gateway that is made has no certificate yet: say tls: issuer or secret, or set config ingress.gateway to one that has")
	}
	return nil
}

// admitting are who calls the pods of an exposed endpoint; nil: the endpoint is not
// exposed, or what it is exposed through is not known.
func (s *site) admitting(w lineage.Workload) []namespace.Peer {
	e := s.plan.Endpoints[w.Name].Expose
	if w.Kind != lineage.KindEndpoint || e == nil {
		return nil
	}
	return s.inFront(e)
}

// operating are who reaches what the pods of an endpoint have for operators: Prometheus
// reads metrics, and where new versions are judged Argo Rollouts and the endpoint's own
// pods ask, or the releaser. None for any other workload.
func (s *site) operating(w lineage.Workload) []namespace.Peer {
	if w.Kind != lineage.KindEndpoint {
		return nil
	}
	var out []namespace.Peer
	ports := []int{lineage.OperatorsPort}
	if s.cfg.Monitoring {
		out = append(out, namespace.Peer{Namespace: s.cfg.PrometheusNamespace, Ports: ports})
	}
	if s.asksPeers(w.Name) {
		out = append(out, namespace.Peer{Namespace: s.cfg.RolloutsNamespace, Ports: ports},
			namespace.Peer{Namespace: s.namespace, Pods: s.selector(w.Kind, w.Name), Ports: ports})
	}
	if withinPods(s.plan.Endpoints[w.Name].Strategy, s.cfg.Delivery) {
		out = append(out, namespace.Peer{Namespace: s.namespace,
			Pods: s.selector(lineage.KindRelease, lineage.ReleaseName), Ports: ports})
	}
	return out
}

// inFront are the pods, or the addresses, that requests come from; nil: nobody knows.
func (s *site) inFront(e *plan.Expose) []namespace.Peer {
	ports := []int{lineage.ServingPort}
	var out []namespace.Peer
	for _, from := range s.cfg.Ingress.From {
		if strings.Contains(from, "/") {
			out = append(out, namespace.Peer{CIDR: pulumi.String(from), Ports: ports})
		} else {
			out = append(out, namespace.Peer{Namespace: from, Ports: ports})
		}
	}
	if len(out) > 0 {
		return out
	}
	space := ""
	switch class := s.ingressClass(e); {
	case e.Way() == plan.ViaGateway:
		space, _, _ = s.cfg.Ingress.GatewayName()
	case e.Way() == plan.ViaTraefik || class == classTraefik:
		space = traefikNamespace
	case class == classALB && s.onAWS():
		return []namespace.Peer{{CIDR: s.base.NetworkCIDR, Ports: ports}}
	case class == classALB:
		for _, private := range config.PrivateRanges {
			out = append(out, namespace.Peer{CIDR: pulumi.String(private), Ports: ports})
		}
		return out
	case class == classNginx || class == "":
		space = nginxNamespace
	}
	if space == "" {
		return nil
	}
	return []namespace.Peer{{Namespace: space, Ports: ports}}
}

// letIn reports an exposed endpoint of which nobody knows whom its pods must admit.
func (s *site) letIn(name string) error {
	e := s.plan.Endpoints[name].Expose
	if e == nil || s.inFront(e) != nil {
		return nil
	}
	return errors.New("expose: nothing says where the pods in front of it run, which its network policy admits: `pulumi config set --path 'ingress.from[0]' NAMESPACE`, or a range of addresses")
}

// urlOf is where the endpoint answers: at its host where it is exposed, for its pods then
// admit no others, else inside the cluster.
func (s *site) urlOf(name string, served *endpoint.Endpoint) string {
	if e := s.plan.Endpoints[name].Expose; e != nil {
		return e.URL()
	}
	return served.URL
}
