package blueprints

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"time"
)

// access says who may ask an endpoint: somebody, in words that do not contradict each
// other.
func (r *refs) access(name string) {
	a := r.plan.Endpoints[name].Access
	if a == nil {
		return
	}
	at := func(rest ...string) []string { return append([]string{"endpoints", name, "access"}, rest...) }
	switch methods := a.Methods(); {
	case len(methods) == 0:
		r.say("access does not say who may ask", "add keys: {}, jwt: {...} or mtls: {...}, or public: true for everybody",
			at()...)
	case a.Public && len(methods) > 1:
		r.say("public admits everybody, so that "+methods[1]+" would keep nobody out", "take one of them out",
			at("public")...)
	}
	if a.Keys != nil && a.Keys.MaxAge != "" {
		r.atLeast(time.Second, a.Keys.MaxAge, at("keys", "max_age")...)
	}
	if a.MTLS != nil && a.MTLS.CA != "" && !hasAuthority(a.MTLS.CA) {
		r.say("ca is not the certificates of an authority in PEM", "", at("mtls", "ca")...)
	}
	r.certified(name, at)
	if a.Public && len(a.Callers) > 0 {
		r.say("a public endpoint does not know its callers by name", "set rate and quota for each address", at("callers")...)
	}
	for _, caller := range slices.Sorted(maps.Keys(a.Callers)) {
		if c := a.Callers[caller]; c.Rate == nil && c.Quota == nil {
			r.say("the caller has neither a rate nor a quota, so that it may ask without limit",
				"add rate: {requests_per_second: ...} or quota: {requests: ...}", at("callers", caller)...)
		}
	}
}

// certified checks that callers' certificates reach the pods, and the name of the Secret.
// What is in front of a pod and ends TLS keeps the certificates of callers to itself.
func (r *refs) certified(name string, at func(...string) []string) {
	e := r.plan.Endpoints[name]
	m := e.Access.MTLS
	if m == nil {
		return
	}
	if s := m.Secret; s != "" && (len(s) > longestHost || !objectForm.MatchString(s)) {
		r.say(fmt.Sprintf("%q cannot be the name of an object of a cluster", s), "", at("mtls", "secret")...)
	}
	if e.Expose != nil {
		r.say("the endpoint is exposed, and what leads to it ends TLS, so that its pods see no certificate of a caller",
			"use keys or jwt, or take expose out and have callers ask the Service inside the cluster", at("mtls")...)
	}
	if e.Replicas.Min == 0 {
		r.say("the endpoint may have no pods, and KEDA's interceptor, which then holds requests, speaks no TLS to pods",
			"use keys or jwt, or replicas: min: 1", at("mtls")...)
	}
}

// hasAuthority reports whether a text in PEM has certificates of authorities, and nothing
// that does not read.
func hasAuthority(text string) bool {
	rest := []byte(text)
	found := false
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" || !c.IsCA {
			return false
		}
		found = true
	}
}
