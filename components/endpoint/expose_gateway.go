package endpoint

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/object"
)

// The Gateway API's group, and its kinds that an endpoint has.
const (
	GatewayVersion = "gateway.networking.k8s.io/v1"
	GatewayKind    = "Gateway"
	RouteOfGateway = "HTTPRoute"
)

// The parts of a Gateway and an HTTPRoute that we write, under the API's names.

type gatewaySpec struct {
	GatewayClassName string            `pulumi:"gatewayClassName"`
	Listeners        []gatewayListener `pulumi:"listeners"`
}

type gatewayListener struct {
	Name          string        `pulumi:"name"`
	Hostname      string        `pulumi:"hostname"`
	Port          int           `pulumi:"port"`
	Protocol      string        `pulumi:"protocol"`
	TLS           *gatewayTLS   `pulumi:"tls"`
	AllowedRoutes allowedRoutes `pulumi:"allowedRoutes"`
}

type gatewayTLS struct {
	Mode            string      `pulumi:"mode"`
	CertificateRefs []objectRef `pulumi:"certificateRefs"`
}

type objectRef struct {
	Name string `pulumi:"name"`
}

type allowedRoutes struct {
	Namespaces struct {
		From string `pulumi:"from"`
	} `pulumi:"namespaces"`
}

type httpRouteSpec struct {
	ParentRefs []parentRef     `pulumi:"parentRefs"`
	Hostnames  []string        `pulumi:"hostnames"`
	Rules      []httpRouteRule `pulumi:"rules"`
}

type parentRef struct {
	Namespace   *string `pulumi:"namespace"`
	Name        string  `pulumi:"name"`
	SectionName *string `pulumi:"sectionName"`
}

type httpRouteRule struct {
	Matches     []httpMatch  `pulumi:"matches"`
	BackendRefs []backendRef `pulumi:"backendRefs"`
}

type httpMatch struct {
	Path httpPath `pulumi:"path"`
}

type httpPath struct {
	Type  string `pulumi:"type"`
	Value string `pulumi:"value"`
}

type backendRef struct {
	Name   string `pulumi:"name"`
	Port   int    `pulumi:"port"`
	Weight *int   `pulumi:"weight"`
}

// gateway registers the route, and the Gateway where no other is named. With TLS it
// listens for nothing else, so that no key is sent as plain text.
func (r *registration) gateway() error {
	e := r.Expose
	parent := parentRef{Name: r.Name}
	if e.Gateway.Name != "" {
		parent = parentRef{Namespace: &e.Gateway.Namespace, Name: e.Gateway.Name}
		if e.Gateway.Listener != "" {
			parent.SectionName = &e.Gateway.Listener
		}
	} else {
		listener := e.listener()
		parent.SectionName = &listener.Name
		notes := map[string]string{}
		if e.Issuer != "" {
			notes[issuerNote] = e.Issuer
		}
		if e.Target != "" {
			notes[targetNote] = e.Target // external-dns reads a route's target from its Gateway
		}
		if err := r.way(GatewayVersion, GatewayKind, "-gateway", r.notes(notes),
			gatewaySpec{GatewayClassName: e.Class, Listeners: []gatewayListener{listener}}); err != nil {
			return err
		}
	}
	rule := httpRouteRule{}
	exact, prefixes := Paths()
	for _, path := range exact {
		rule.Matches = append(rule.Matches, httpMatch{httpPath{"Exact", path}})
	}
	for _, path := range prefixes {
		rule.Matches = append(rule.Matches, httpMatch{httpPath{"PathPrefix", path}})
	}
	for _, b := range r.backends() {
		rule.BackendRefs = append(rule.BackendRefs, backendRef{b.Service, servicePort, b.Weight})
	}
	return r.way(GatewayVersion, RouteOfGateway, "-http", r.notes(e.dnsNotes()),
		httpRouteSpec{[]parentRef{parent}, []string{e.Host}, []httpRouteRule{rule}})
}

// listener is that of a Gateway that is made.
func (e *Expose) listener() gatewayListener {
	out := gatewayListener{Name: "http", Hostname: e.Host, Port: 80, Protocol: "HTTP"}
	if e.TLS {
		out.Name, out.Port, out.Protocol = "https", 443, "HTTPS"
		out.TLS = &gatewayTLS{Mode: "Terminate", CertificateRefs: []objectRef{{e.Secret}}}
	}
	out.AllowedRoutes.Namespaces.From = "Same"
	return out
}

// way registers an object of the way in with the endpoint's name, for which the workload
// waits.
func (r *registration) way(version, kind, suffix string, notes map[string]string, spec any) error {
	o, err := apiextensions.NewCustomResource(r.ctx, r.name+suffix, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(version), Kind: pulumi.String(kind),
		Metadata:    object.Meta(r.Namespace, r.Name, r.Labels, notes),
		OtherFields: kubernetes.UntypedArgs{"spec": spec},
	}, r.opts()...)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	r.after = append(r.after, o)
	return nil
}
