package endpoint

import (
	"fmt"

	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// albClass and nginxClass are what the two controllers' charts call their IngressClass.
// Argo Rollouts minds Ingresses of these two only.
const (
	albClass   = "alb"
	nginxClass = "nginx"
)

// class is the Ingress' class: the router's, which must be that of its controller.
func (e *Expose) class() string {
	switch {
	case e.Router == ALB:
		return albClass
	case e.Router == Nginx && e.Class == "":
		return nginxClass
	}
	return e.Class
}

// ingress registers the Ingress. With nginx, Argo Rollouts puts another one beside it that
// leads to the new version; with a load balancer of AWS it writes the weights into an
// annotation of this one, which the backend's port names.
func (r *registration) ingress() error {
	e := r.Expose
	target := networkingv1.IngressServiceBackendArgs{Name: pulumi.String(r.backends()[0].Service),
		Port: networkingv1.ServiceBackendPortArgs{Number: pulumi.Int(servicePort)}}
	if e.Router == ALB && r.weighed() {
		target.Port = networkingv1.ServiceBackendPortArgs{Name: pulumi.String("use-annotation")}
	}
	spec := networkingv1.IngressSpecArgs{Rules: networkingv1.IngressRuleArray{networkingv1.IngressRuleArgs{
		Host: pulumi.String(e.Host), Http: networkingv1.HTTPIngressRuleValueArgs{Paths: ingressPaths(target)}}}}
	if class := e.class(); class != "" {
		spec.IngressClassName = pulumi.String(class)
	}
	if e.TLS {
		tls := networkingv1.IngressTLSArgs{Hosts: pulumi.ToStringArray([]string{e.Host})}
		if e.Secret != "" {
			tls.SecretName = pulumi.String(e.Secret)
		}
		spec.Tls = networkingv1.IngressTLSArray{tls}
	}
	o, err := networkingv1.NewIngress(r.ctx, r.name, &networkingv1.IngressArgs{
		Metadata: object.Meta(r.Namespace, r.Name, r.Labels, r.notes(e.dnsNotes(), e.ingressNotes())), Spec: spec,
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("ingress: %w", err)
	}
	r.after = append(r.after, o)
	return nil
}

// ingressPaths lead what callers ask to the Service.
func ingressPaths(to networkingv1.IngressServiceBackendArgs) networkingv1.HTTPIngressPathArray {
	var out networkingv1.HTTPIngressPathArray
	exact, prefixes := Paths()
	for _, group := range []struct {
		kind  string
		paths []string
	}{{"Exact", exact}, {"Prefix", prefixes}} {
		for _, path := range group.paths {
			out = append(out, networkingv1.HTTPIngressPathArgs{
				Path: pulumi.String(path), PathType: pulumi.String(group.kind),
				Backend: networkingv1.IngressBackendArgs{Service: to}})
		}
	}
	return out
}

// ingressNotes are what cert-manager and the controller read. A load balancer of AWS is
// an internal one unless it is said otherwise, and finds its certificate by the host.
func (e *Expose) ingressNotes() map[string]string {
	out := map[string]string{}
	if e.Issuer != "" {
		out[issuerNote] = e.Issuer
	}
	const alb, nginx = "alb.ingress.kubernetes.io/", "nginx.ingress.kubernetes.io/"
	switch class := e.class(); {
	case class == albClass:
		out[alb+"scheme"], out[alb+"target-type"], out[alb+"healthcheck-path"] = "internal", "ip", "/ready"
		if e.Internet {
			out[alb+"scheme"] = "internet-facing"
		}
		out[alb+"listen-ports"] = `[{"HTTP":80}]`
		if e.TLS {
			out[alb+"listen-ports"] = `[{"HTTPS":443}]`
		}
	case e.TLS && class == nginxClass:
		out[nginx+"force-ssl-redirect"] = "true"
	}
	return out
}
