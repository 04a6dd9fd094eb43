package effect

import (
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// exposedFor gives the endpoint the way in that a config key is about.
func exposedFor(key string, p *plan.Plan) {
	if key == "rolloutsNamespace" { // whoever asks for verdicts
		e := p.Endpoints["scoring"]
		e.Strategy = plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{Pause: "1m"}},
			Analysis: &plan.Analysis{Confidence: 0.95, MinRequests: 100,
				Metrics: map[string]plan.Predicate{plan.ErrorRate: {{Op: plan.Less, Value: 0.01}}}}}}
		p.Endpoints["scoring"] = e
	}
	name, ingress := strings.CutPrefix(key, "ingress.")
	if !ingress {
		return
	}
	e := p.Endpoints["scoring"]
	e.Expose = &plan.Expose{Host: "scoring.example.com"}
	if name == "class" || name == "internetFacing" {
		e.Expose.Via = plan.ViaIngress
	}
	p.Endpoints["scoring"] = e
}

func exposeEntries() []entry {
	exposed := func(text string) []string {
		return []string{`model: "risk"}` + "\n\tslos", `model: "risk", expose: {host: "a.example.com", ` + text + "}}\n\tslos"}
	}
	cluster := manifests(anywhere("ingress.gateway=infra/public/https"))
	const traefik = `router: "traefik", `
	return []entry{
		{field: "#Expose.host", with: exposed(""), change: []string{`"a.example.com"`, `"b.example.com"`}, seen: cluster},
		{field: "#Expose.via", with: exposed(`via: "gateway"`), change: []string{`"gateway"`, `"ingress"`}, seen: cluster},
		{field: "#Expose.router", with: exposed(traefik), change: []string{`"traefik"`, `"nginx"`}, seen: cluster},
		{field: "#Expose.tls.issuer", with: exposed(traefik + `tls: issuer: "one"`), change: []string{`"one"`, `"two"`},
			seen: cluster},
		{field: "#Expose.tls.secret", with: exposed(traefik + `tls: secret: "one"`), change: []string{`"one"`, `"two"`},
			seen: cluster},
		{field: "#Expose.tls.existing", with: exposed(traefik), change: []string{traefik, traefik + `tls: existing: true`},
			seen: cluster},
		{field: "#Expose.dns.target", with: exposed(`dns: {target: "a.example.net"}`),
			change: []string{`"a.example.net"`, `"b.example.net"`}, seen: cluster},
		{field: "#Expose.dns.ttl", with: exposed(`dns: {ttl: "5m"}`), change: []string{`"5m"`, `"10m"`}, seen: cluster},
	}
}
