package endpoint

import (
	"fmt"
	"strings"
)

// Traefik's group and its kinds that an endpoint has, and cert-manager's, which reads no
// annotation of them.
const (
	TraefikVersion     = "traefik.io/v1alpha1"
	TraefikServiceKind = "TraefikService"
	TraefikRouteKind   = "IngressRoute"
	CertificateVersion = "cert-manager.io/v1"
	CertificateKind    = "Certificate"
)

// What Traefik's chart calls its entry points.
const (
	plainEntry  = "web"
	secureEntry = "websecure"
)

// The parts of Traefik's and cert-manager's objects that we write, under their names.

type traefikService struct {
	Weighted struct {
		Services []traefikBackend `pulumi:"services"`
	} `pulumi:"weighted"`
}

// traefikBackend is a Service of Kubernetes, or where Kind says so a TraefikService, which
// has no port.
type traefikBackend struct {
	Name   string  `pulumi:"name"`
	Kind   *string `pulumi:"kind"`
	Port   *int    `pulumi:"port"`
	Weight *int    `pulumi:"weight"`
}

type ingressRoute struct {
	EntryPoints []string       `pulumi:"entryPoints"`
	Routes      []traefikRoute `pulumi:"routes"`
	TLS         *traefikTLS    `pulumi:"tls"`
}

type traefikRoute struct {
	Kind     string           `pulumi:"kind"`
	Match    string           `pulumi:"match"`
	Services []traefikBackend `pulumi:"services"`
}

// traefikTLS without a Secret has the certificate of Traefik's own store.
type traefikTLS struct {
	SecretName *string `pulumi:"secretName"`
}

type certificateSpec struct {
	SecretName string    `pulumi:"secretName"`
	DNSNames   []string  `pulumi:"dnsNames"`
	IssuerRef  issuerRef `pulumi:"issuerRef"`
}

type issuerRef struct {
	Kind string `pulumi:"kind"`
	Name string `pulumi:"name"`
}

// traefik registers Traefik's route, and where requests are divided the weighted service
// whose weights Argo Rollouts sets.
func (r *registration) traefik() error {
	e, port := r.Expose, servicePort
	target := traefikBackend{Name: r.Name, Port: &port}
	if r.weighed() {
		var weighted traefikService
		for _, b := range r.backends() {
			weighted.Weighted.Services = append(weighted.Weighted.Services,
				traefikBackend{Name: b.Service, Port: &port, Weight: b.Weight})
		}
		if err := r.way(TraefikVersion, TraefikServiceKind, "-weights", r.notes(), weighted); err != nil {
			return err
		}
		kind := TraefikServiceKind
		target = traefikBackend{Name: r.Name, Kind: &kind}
	}
	if e.Issuer != "" {
		if err := r.way(CertificateVersion, CertificateKind, "-certificate", r.notes(), certificateSpec{
			SecretName: e.Secret, DNSNames: []string{e.Host}, IssuerRef: issuerRef{"ClusterIssuer", e.Issuer}}); err != nil {
			return err
		}
	}
	route := ingressRoute{EntryPoints: []string{plainEntry},
		Routes: []traefikRoute{{Kind: "Rule", Match: e.match(), Services: []traefikBackend{target}}}}
	if e.TLS {
		route.EntryPoints, route.TLS = []string{secureEntry}, &traefikTLS{}
		if e.Secret != "" {
			route.TLS.SecretName = &e.Secret
		}
	}
	return r.way(TraefikVersion, TraefikRouteKind, "-route", r.notes(e.dnsNotes()), route)
}

// match is the rule of requests to the host's paths.
func (e *Expose) match() string {
	var paths []string
	exact, prefixes := Paths()
	for _, path := range exact {
		paths = append(paths, fmt.Sprintf("Path(`%s`)", path))
	}
	for _, path := range prefixes {
		paths = append(paths, fmt.Sprintf("PathPrefix(`%s`)", path))
	}
	return fmt.Sprintf("Host(`%s`) && (%s)", e.Host, strings.Join(paths, " || "))
}
