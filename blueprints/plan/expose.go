package plan

// Expose is the way to an endpoint from outside of its cluster.
type Expose struct {
	Host   string     `json:"host"` // a DNS name
	TLS    *ExposeTLS `json:"tls,omitempty"`
	Via    string     `json:"via,omitempty"`    // see Way; empty: as the router implies
	Router string     `json:"router,omitempty"` // who divides requests between versions; empty: nobody
	DNS    *ExposeDNS `json:"dns,omitempty"`
}

// ExposeTLS says where the certificate of the host is from; one of the fields is set.
type ExposeTLS struct {
	Issuer   string `json:"issuer,omitempty"`   // a ClusterIssuer of cert-manager
	Secret   string `json:"secret,omitempty"`   // a TLS Secret of the blueprint's namespace
	Existing bool   `json:"existing,omitempty"` // whoever is in front has it
}

// ExposeDNS is what external-dns is told of the host.
type ExposeDNS struct {
	Target string `json:"target,omitempty"` // empty: the way in's own address
	TTL    string `json:"ttl,omitempty"`    // a duration; empty: external-dns' default
}

// The routers, and the ways in. ViaTraefik is of Traefik's own kinds, and no word of the
// blueprint.
const (
	RouterGateway = "gateway"
	RouterTraefik = "traefik"
	RouterALB     = "alb"
	RouterNginx   = "nginx"

	ViaGateway = "gateway"
	ViaIngress = "ingress"
	ViaTraefik = "traefik"
)

// Way is the kind of object by which requests get in: that of the router, or what Via
// says.
func (e *Expose) Way() string {
	switch e.Router {
	case RouterGateway:
		return ViaGateway
	case RouterTraefik:
		return ViaTraefik
	case RouterALB, RouterNginx:
		return ViaIngress
	}
	if e.Via == "" {
		return ViaGateway
	}
	return e.Via
}

// URL is where callers ask.
func (e *Expose) URL() string {
	if e.TLS == nil {
		return "http://" + e.Host
	}
	return "https://" + e.Host
}
