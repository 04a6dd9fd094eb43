//go:build integration

package manifests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// waysIn are the kinds that lead to an endpoint, as the beginnings of their files' names.
var waysIn = []string{"httproute-", "gateway-", "ingressroute-", "traefikservice-", "certificate-", "ingress-", "rollout-"}

// acceptsWaysIn lets the API server judge what exposes an endpoint by the kinds' own
// schemas. They are tried in a namespace that is there, and not applied.
func acceptsWaysIn(t *testing.T, c cluster, binary string) {
	for _, file := range []string{"gateway.networking.k8s.io_gateways", "gateway.networking.k8s.io_httproutes",
		"traefik.io_ingressroutes", "traefik.io_traefikservices", "cert-manager.io_certificates"} {
		c.must(t, "", "apply", "--server-side", "--force-conflicts", "-f", filepath.Join("testdata", file+".yaml"))
	}
	c.must(t, "", "wait", "--for=condition=Established", "--timeout=60s", "crd/gateways.gateway.networking.k8s.io",
		"crd/httproutes.gateway.networking.k8s.io", "crd/ingressroutes.traefik.io", "crd/traefikservices.traefik.io",
		"crd/certificates.cert-manager.io")
	for name, way := range map[string]struct {
		expose string
		config []string
		kinds  int // objects that are tried, the Rollout among them
	}{
		"a Gateway of others": {`router: "gateway", tls: existing: true`, []string{"ingress.gateway=infra/public/https"}, 2},
		"a Gateway that is made": {`tls: issuer: "letsencrypt"`,
			[]string{"ingress.gatewayClass=cilium", "ingress.from=edge"}, 3},
		"Traefik":                {`router: "traefik", tls: issuer: "letsencrypt"`, nil, 4},
		"nginx":                  {`router: "nginx", tls: secret: "mine"`, nil, 2},
		"a load balancer of AWS": {`router: "alb", tls: existing: true, dns: ttl: "5m"`, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			one := stack.Workloads(config.ProviderKubernetes)[0]
			one.Blueprints = []string{edited(t, "replicas: {min: 1, max: 1}",
				`replicas: {min: 1, max: 1}, expose: {host: "scoring.example.com", `+way.expose+"}")}
			one.Config = append([]string{"delivery=rollout"}, way.config...)
			dir := t.TempDir()
			one.Render(t, binary, dir, "--only", "manifests")
			tried := 0
			for _, path := range listed(t, dir) {
				for _, kind := range waysIn {
					if strings.HasPrefix(filepath.Base(path), kind) {
						c.tries(t, path)
						tried++
					}
				}
			}
			if tried != way.kinds {
				t.Errorf("%d objects were tried, want %d", tried, way.kinds)
			}
		})
	}
}

// tries has the API server judge an object in a namespace that is there.
func (c cluster) tries(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  namespace:") {
			lines[i] = "  namespace: default"
		}
	}
	c.must(t, strings.Join(lines, "\n"), "apply", "--server-side", "--dry-run=server", "-f", "-")
}
