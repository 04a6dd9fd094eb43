package blueprints

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// longestHost is DNS' own bound, and Kubernetes' for the name of an object.
const longestHost = 253

var (
	hostForm   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	targetForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$`)
	objectForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
)

// expose checks the way in: somebody says who may ask, the host is nobody else's, and the
// words do not contradict each other.
func (r *refs) expose(name string) {
	endpoint := r.plan.Endpoints[name]
	e := endpoint.Expose
	if e == nil {
		return
	}
	at := func(rest ...string) []string { return append([]string{"endpoints", name, "expose"}, rest...) }
	if endpoint.Access == nil {
		r.say("the endpoint is exposed and does not say who may ask",
			"add access: keys: {}, jwt: {...} or mtls: {...}, or access: public: true for everybody", at()...)
	}
	if len(e.Host) > longestHost || !hostForm.MatchString(e.Host) {
		r.say(fmt.Sprintf("%q is not a host's name", e.Host),
			"want lower-case letters, digits and dashes between dots, such as scoring.example.com", at("host")...)
	}
	for _, other := range keys(r.plan.Endpoints) {
		if o := r.plan.Endpoints[other].Expose; other < name && o != nil && o.Host == e.Host {
			r.say(fmt.Sprintf("host %s is the way to endpoint %s already", e.Host, other), "a host leads to one endpoint",
				at("host")...)
		}
	}
	if e.Via != "" && e.Router != "" && e.Via != e.Way() {
		r.say(fmt.Sprintf("via %s is not what router %s divides requests with", e.Via, e.Router),
			"leave via out: the router implies it", at("via")...)
	}
	if e.TLS != nil {
		r.exposeTLS(e, at)
	}
	if e.DNS == nil {
		return
	}
	if e.DNS.TTL != "" {
		r.atLeast(time.Second, e.DNS.TTL, at("dns", "ttl")...)
	}
	if t := e.DNS.Target; t != "" && (len(t) > longestHost || !targetForm.MatchString(t)) {
		r.say(fmt.Sprintf("%q is neither an address nor a host's name", t), "", at("dns", "target")...)
	}
}

// exposeTLS checks that the certificate is from one place, and one that the way in can
// use.
func (r *refs) exposeTLS(e *plan.Expose, at func(...string) []string) {
	var said []string
	for _, one := range []struct {
		name string
		set  bool
	}{{"issuer", e.TLS.Issuer != ""}, {"secret", e.TLS.Secret != ""}, {"existing", e.TLS.Existing}} {
		if one.set {
			said = append(said, one.name)
		}
	}
	if len(said) != 1 {
		r.say("tls says where the certificate is from: one of issuer, secret and existing: true", "", at("tls")...)
		return
	}
	for _, one := range []struct{ name, value string }{{"issuer", e.TLS.Issuer}, {"secret", e.TLS.Secret}} {
		if v := one.value; v != "" && (len(v) > longestHost || !objectForm.MatchString(v)) {
			r.say(fmt.Sprintf("%q cannot be the name of an object of a cluster", v), "", at("tls", one.name)...)
		}
	}
	if e.Router == plan.RouterALB && !slices.Equal(said, []string{"existing"}) {
		r.say("a load balancer of AWS has its certificate from Certificate Manager, which it finds by the host",
			"say tls: existing: true", at("tls", said[0])...)
	}
}
