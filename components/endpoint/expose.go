package endpoint

import (
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/ashlar-dev/ashlar/components/object"
)

// Expose is the way in from outside of the cluster: a Gateway API route, an Ingress or
// Traefik's own route, to the paths that callers ask.
type Expose struct {
	Host   string
	Way    Way
	Router Router // who divides requests between the versions of a canary; "": nobody
	// Gateway is the one that a route attaches to; zero: one is made, of Class.
	Gateway GatewayName
	// Class is the GatewayClass of a Gateway that is made, or the IngressClass; "": the
	// cluster's default, which a Gateway has not.
	Class string
	TLS   bool
	// Secret has the certificate; "": whoever is in front has it.
	Secret string
	// Issuer is the ClusterIssuer of cert-manager that fills Secret; "": it is there.
	Issuer string
	// Internet has a load balancer of AWS reachable from the internet.
	Internet bool
	// Target and TTL, in seconds, are what external-dns is told; zero: its own choice.
	Target string
	TTL    int
}

// GatewayName is a Gateway that somebody else has made, and its listener; "": all.
type GatewayName struct{ Namespace, Name, Listener string }

// Way is the kind of object by which requests get in.
type Way string

// The ways in.
const (
	ByGateway Way = "gateway"
	ByIngress Way = "ingress"
	ByTraefik Way = "traefik"
)

// Router is what Argo Rollouts divides requests with.
type Router string

// The routers.
const (
	GatewayPlugin Router = "gateway"
	Traefik       Router = "traefik"
	ALB           Router = "alb"
	Nginx         Router = "nginx"
)

// ways are those of the routers; a router works with no other.
var ways = map[Router]Way{GatewayPlugin: ByGateway, Traefik: ByTraefik, ALB: ByIngress, Nginx: ByIngress}

// validate returns what is wrong with the way in to an endpoint of the arguments.
func (e *Expose) validate(a *Args) error {
	if e == nil {
		return nil
	}
	var found []error
	say := func(format string, args ...any) { found = append(found, fmt.Errorf("expose: "+format, args...)) }
	if e.Host == "" {
		say("no host")
	}
	if e.Way != ByGateway && e.Way != ByIngress && e.Way != ByTraefik {
		say("way %q: want %s, %s or %s", e.Way, ByGateway, ByIngress, ByTraefik)
	}
	if way, known := ways[e.Router]; e.Router != "" && (!known || way != e.Way) {
		say("router %q does not work by %s", e.Router, e.Way)
	}
	made := e.Way == ByGateway && e.Gateway.Name == ""
	if made && e.Class == "" {
		say("no Gateway to attach to, and no GatewayClass to make one of")
	}
	if made && e.TLS && e.Secret == "" {
		say("a Gateway that is made has no certificate without a Secret")
	}
	if e.Issuer != "" && e.Secret == "" {
		say("the issuer's certificate needs a Secret")
	}
	if e.Gateway.Name != "" && e.Secret != "" {
		say("the certificate is that of Gateway %s/%s, which is not ours", e.Gateway.Namespace, e.Gateway.Name)
	}
	if a.Min == 0 {
		say("an endpoint that may have no pods is behind KEDA's interceptor, to which no route leads: want 1 or more at least")
	}
	if e.Router != "" && a.Delivery != Rollout && (a.Strategy.Within || len(a.Strategy.Canary) > 0) {
		say("router %s divides requests for Argo Rollouts, and delivery is %s", e.Router, a.Delivery)
	}
	return errors.Join(found...)
}

// weighed reports whether the router divides requests between two versions. Otherwise
// they go to the clients' Service.
func (a *Args) weighed() bool {
	return a.Expose != nil && a.Expose.Router != "" && a.Delivery == Rollout && len(a.Strategy.Canary) > 0
}

// backend is a Service, and its share of the requests where they are divided.
type backend struct {
	Service string
	Weight  *int
}

// backends are where requests go. The weights are those before a roll-out, which are
// Argo Rollouts' to change.
func (a *Args) backends() []backend {
	if !a.weighed() {
		return []backend{{Service: a.Name}}
	}
	all, none := 100, 0
	return []backend{{a.Name + stable, &all}, {a.Name + canary, &none}}
}

// servicePort is the port of every Service in front of pods; securePort is in its place
// where they speak TLS.
const (
	servicePort = 80
	securePort  = 443
)

// Paths are what callers ask: predictions in each protocol over HTTP, and what describes
// them. Metrics, drift, the preview of a version and what steers a roll-out are for the
// cluster.
func Paths() (exact, prefixes []string) {
	return []string{"/predict", "/schema", "/openapi.json"}, []string{"/v1/models", "/v2"}
}

// What cert-manager and external-dns read. The names are theirs.
const (
	issuerNote = "cert-manager.io/cluster-issuer"
	hostNote   = "external-dns.alpha.kubernetes.io/hostname"
	targetNote = "external-dns.alpha.kubernetes.io/target"
	ttlNote    = "external-dns.alpha.kubernetes.io/ttl"
)

// dnsNotes tell external-dns of the host.
func (e *Expose) dnsNotes() map[string]string {
	out := map[string]string{hostNote: e.Host}
	if e.Target != "" {
		out[targetNote] = e.Target
	}
	if e.TTL > 0 {
		out[ttlNote] = strconv.Itoa(e.TTL)
	}
	return out
}

// forced lets an update of ours through where Argo Rollouts has set the weights since: the
// stable version then has all requests until it sets them again.
const forced = "pulumi.com/patchForce"

// notes are the annotations of an object of the way in.
func (r *registration) notes(more ...map[string]string) map[string]string {
	out := map[string]string{object.SkipAwait: "true"}
	if r.weighed() {
		out[forced] = "true"
	}
	for _, one := range more {
		maps.Copy(out, one)
	}
	return out
}

// exposed registers the way in. Argo Rollouts looks for what it divides requests with, so
// the workload waits for it.
func (r *registration) exposed() error {
	if r.Expose == nil {
		return nil
	}
	switch r.Expose.Way {
	case ByIngress:
		return r.ingress()
	case ByTraefik:
		return r.traefik()
	default:
		return r.gateway()
	}
}
