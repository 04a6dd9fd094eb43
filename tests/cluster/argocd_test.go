//go:build integration

package cluster

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// argoParts are what `make delivery` builds of Argo CD.
var argoParts = []string{"argocd", "argocd-crds", "kustomize"}

// argoSystem is the namespace of Argo CD's objects.
const argoSystem = "argocd"

// argoCD is a site that Argo CD's controller delivers.
type argoCD struct {
	*published
}

// hasArgoCD skips the test where Argo CD is not built or has no Redis.
func hasArgoCD(t *testing.T) string {
	t.Helper()
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	for _, name := range argoParts {
		if _, err := os.Stat(filepath.Join(tools, name)); err != nil {
			t.Skipf("skipped: there is no %s in ASHLAR_TEST_TOOLS; `make delivery` builds it", name)
		}
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("skipped: there is no redis-server, which Argo CD keeps its cache in")
	}
	return tools
}

// argoCD runs Argo CD's repository server and application controller on this machine
// until the test ends, as the cluster's administrator.
func (g ground) argoCD(t *testing.T, tools string) {
	t.Helper()
	crds := filepath.Join(tools, "argocd-crds")
	t.Cleanup(func() {
		if out, err := exec.Command(g.kubectl, "delete", "--ignore-not-found", "--timeout=120s", "-k",
			crds).CombinedOutput(); err != nil {
			t.Errorf("remove Argo CD: %v\n%s", err, out)
		}
	})
	g.must(t, "", "apply", "--server-side", "-k", crds)
	g.must(t, argoSettings, "apply", "--server-side", "-f", "-")
	cache, sources := g.free(t), g.free(t)
	host, port, err := net.SplitHostPort(cache)
	if err != nil {
		t.Fatal(err)
	}
	started(t, "redis-server", "--save", "", "--appendonly", "no", "--bind", host, "--port", port,
		"--protected-mode", "no")
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	t.Setenv("ARGOCD_FAKE_IN_CLUSTER", "true")
	t.Setenv("ARGOCD_GPG_ENABLED", "false")
	folder := t.TempDir()
	for _, name := range []string{"tls", "ssh", "gpg", "plugins"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("ARGOCD_TLS_DATA_PATH", filepath.Join(folder, "tls"))
	t.Setenv("ARGOCD_SSH_DATA_PATH", filepath.Join(folder, "ssh"))
	t.Setenv("ARGOCD_GPG_DATA_PATH", filepath.Join(folder, "gpg"))
	t.Setenv("ARGOCD_PLUGINSOCKFILEPATH", filepath.Join(folder, "plugins"))
	address, sourcePort, err := net.SplitHostPort(sources)
	if err != nil {
		t.Fatal(err)
	}
	argocd := filepath.Join(tools, "argocd")
	t.Setenv("ARGOCD_BINARY_NAME", "argocd-repo-server")
	started(t, argocd, "--disable-tls", "--address", address, "--port", sourcePort, "--redis", cache,
		"--metrics-address", address, "--metrics-port", portOf(t, g.free(t)), "--loglevel", "warn")
	t.Setenv("ARGOCD_BINARY_NAME", "argocd-application-controller")
	started(t, argocd, "--kubeconfig", os.Getenv("KUBECONFIG"), "--namespace", argoSystem,
		"--redis", cache, "--repo-server", sources, "--repo-server-plaintext",
		"--metrics-port", portOf(t, g.free(t)), "--loglevel", "warn")
}

// portOf is the port of an address.
func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// argoSettings are the objects that an installation of Argo CD brings.
const argoSettings = `apiVersion: v1
kind: Namespace
metadata: {name: ` + argoSystem + `}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: ` + argoSystem + `
  labels: {app.kubernetes.io/part-of: argocd}
---
apiVersion: v1
kind: Secret
metadata:
  name: argocd-secret
  namespace: ` + argoSystem + `
  labels: {app.kubernetes.io/part-of: argocd}
stringData: {server.secretkey: a-test-signs-nobody-in-with-it}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: ` + argoSystem + `}
spec:
  sourceRepos: ["*"]
  destinations: [{namespace: "*", server: "*"}]
  clusterResourceWhitelist: [{group: "*", kind: "*"}]
`

// registered tells Argo CD that the test's registry speaks HTTP, as `argocd repo add
// --type oci --insecure-oci-force-http` does.
func (a *argoCD) registered(t *testing.T) {
	t.Helper()
	repository := strings.TrimSuffix(a.address("1"), ":1")
	a.must(t, fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata:
  name: acme-credit
  namespace: %s
  labels: {argocd.argoproj.io/secret-type: repository}
stringData: {type: oci, name: credit, url: %q, insecureOCIForceHttp: "true"}
`, argoSystem, repository), "apply", "--server-side", "-f", "-")
}

// application is the part of an Application that the test reads.
type application struct {
	Status struct {
		Sync   struct{ Status, Revision string }
		Health struct{ Status string }
		// ReconciledAt is the time of the last comparison.
		ReconciledAt   string
		OperationState struct{ Phase, Message, FinishedAt string }
		Conditions     []struct{ Type, Message string }
	}
}

// application is the Application's state now.
func (a *argoCD) application(t *testing.T) application {
	t.Helper()
	return get[application](t, a.ground, "-n", argoSystem, "application/credit")
}

// delivers applies what `ashlar generate delivery` writes for a version.
func (a *argoCD) delivers(t *testing.T, tag string) {
	t.Helper()
	text := a.output(t, "generate", "delivery", a.address(tag), "--for", "argocd", "--from", a.manifests,
		"--name", "credit")
	a.must(t, string(text), "apply", "--server-side", "--field-manager=test", "-f", "-")
}

// compared waits until all that the bundle has is in sync and healthy, and nothing is
// under way, by a comparison that begins now.
func (a *argoCD) compared(t *testing.T) {
	t.Helper()
	before := a.application(t).Status.ReconciledAt
	a.must(t, "", "-n", argoSystem, "annotate", "--overwrite", "application/credit",
		"argocd.argoproj.io/refresh=hard")
	eventually(t, patience, func() error {
		s := a.application(t).Status
		if s.Sync.Status != "Synced" || s.Health.Status != "Healthy" || s.OperationState.Phase != "Succeeded" ||
			s.ReconciledAt == before {
			return fmt.Errorf("the Application is %+v", s)
		}
		return nil
	})
}

// explainArgoCD shows, once the test has failed, what Argo CD says of itself.
func (a *argoCD) explainArgoCD(t *testing.T) {
	if !t.Failed() {
		return
	}
	// The test's context has ended by now. What cannot be had is said in its place.
	said, _ := exec.Command(a.kubectl, "-n", argoSystem, "get", "applications", "-o", "yaml").CombinedOutput()
	t.Logf("Argo CD:\n%s", said)
}
