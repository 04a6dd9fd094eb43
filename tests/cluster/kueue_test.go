//go:build integration

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kueueImage is the controller's on the node.
const kueueImage = "proof.test/kueue:built"

// kueue runs Kueue's controller in the cluster as its own manifests say, with its
// webhooks, until the test ends. The API for visibility is left out: it is an aggregated
// API server, which the cluster has no place for.
func (g ground) kueue(t *testing.T, tools string) {
	t.Helper()
	dir := t.TempDir()
	archive := filepath.Join(dir, "kueue.tar")
	g.command(t, g.loader, "pack", archive, kueueImage, filepath.Join(tools, "kueue"))
	g.command(t, g.loader, "load", archive)
	base, err := filepath.Rel(dir, filepath.Join(tools, "kueue-config", "default"))
	if err != nil {
		t.Fatal(err)
	}
	const overlay = `resources: [%s]
patches:
- patch: |
    apiVersion: apiregistration.k8s.io/v1
    kind: APIService
    metadata: {name: v1beta1.visibility.kueue.x-k8s.io}
    $patch: delete
- patch: |
    apiVersion: apiregistration.k8s.io/v1
    kind: APIService
    metadata: {name: v1beta2.visibility.kueue.x-k8s.io}
    $patch: delete
- target: {kind: Deployment, name: kueue-controller-manager}
  patch: |
    - {op: replace, path: /spec/template/spec/containers/0/image, value: "%s"}
    - {op: replace, path: /spec/template/spec/containers/0/imagePullPolicy, value: Never}
    - {op: replace, path: /spec/template/spec/containers/0/command, value: [/bin/kueue]}
    - {op: add, path: /spec/template/spec/securityContext/runAsUser, value: 65532}
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --feature-gates=VisibilityOnDemand=false}
`
	text := fmt.Sprintf(overlay, base, kueueImage)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		g.explain(t, "kueue-system")
		// Webhooks whose server is gone would refuse every pod of the tests after this one.
		for _, args := range [][]string{
			{"delete", "mutatingwebhookconfigurations,validatingwebhookconfigurations", "-l",
				"app.kubernetes.io/name=kueue"},
			{"delete", "-k", dir, "--ignore-not-found", "--timeout=120s"},
		} {
			if out, err := exec.Command(g.kubectl, args...).CombinedOutput(); err != nil {
				t.Errorf("remove Kueue: %v\n%s", err, out)
			}
		}
	})
	g.must(t, "", "apply", "--server-side", "-k", dir)
	g.must(t, "", "-n", "kueue-system", "wait", "--for=condition=Available", "--timeout=180s",
		"deployment/kueue-controller-manager")
}

// clusterQueue makes a team's queue with a quota of one pod of a pipeline's default size,
// and what Argo's executor in it asks for, open to the namespaces alone. Both objects go
// while the controller runs, which holds them by finalizers.
func (g ground) clusterQueue(t *testing.T, name string, namespaces ...string) {
	t.Helper()
	const objects = `apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {name: %[1]s}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: %[1]s}
spec:
  namespaceSelector:
    matchExpressions:
    - {key: kubernetes.io/metadata.name, operator: In, values: [%[2]s]}
  resourceGroups:
  - coveredResources: [cpu, memory]
    flavors:
    - name: %[1]s
      resources:
      - {name: cpu, nominalQuota: 900m}
      - {name: memory, nominalQuota: 5Gi}
`
	t.Cleanup(func() {
		if out, err := exec.Command(g.kubectl, "delete", "clusterqueue/"+name,
			"resourceflavor/"+name, "--timeout=60s").CombinedOutput(); err != nil {
			t.Errorf("remove ClusterQueue %s: %v\n%s", name, err, out)
		}
	})
	text := fmt.Sprintf(objects, name, strings.Join(namespaces, ", "))
	// The webhook's certificate takes a moment to reach the API server.
	eventually(t, patience, func() error {
		_, err := g.run(t, text, "apply", "--server-side", "-f", "-")
		return err
	})
}
