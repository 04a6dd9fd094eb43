//go:build integration

// Package manifests lets a real Kubernetes API server judge every manifest
// that the examples render to: it accepts them with server-side apply, and
// applying them again changes nothing.
package manifests

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// cluster is the API server that KUBECONFIG names.
type cluster struct{ kubectl string }

// find skips the test, saying why, where there is no cluster.
func find(t *testing.T) cluster {
	t.Helper()
	if os.Getenv("KUBECONFIG") == "" {
		t.Skip("skipped: KUBECONFIG is not set; it names the cluster that judges the manifests")
	}
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("skipped: there is no kubectl on PATH")
	}
	c := cluster{kubectl: kubectl}
	if said, err := c.run(t, "", "get", "--raw", "/readyz"); err != nil {
		t.Fatalf("the cluster of KUBECONFIG does not answer: %v\n%s", err, said)
	}
	said, err := c.run(t, "", "get", "crd", "rollouts.argoproj.io", "workflowtemplates.argoproj.io",
		"cronworkflows.argoproj.io", "-o", "name")
	if err != nil {
		t.Skipf("skipped: the cluster has not Argo's resources: %s", said)
	}
	c.must(t, "", "apply", "--server-side", "--force-conflicts", "-f",
		"testdata/monitoring.coreos.com_servicemonitors.yaml", "-f",
		"testdata/monitoring.coreos.com_prometheusrules.yaml", "-f", "testdata/keda.sh_scaledobjects.yaml")
	c.must(t, "", "wait", "--for=condition=Established", "--timeout=60s", "crd/servicemonitors.monitoring.coreos.com",
		"crd/prometheusrules.monitoring.coreos.com", "crd/scaledobjects.keda.sh")
	return c
}

func (c cluster) run(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.kubectl, args...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &said, &said
	err := cmd.Run()
	return said.String(), err
}

func (c cluster) must(t *testing.T, input string, args ...string) string {
	t.Helper()
	said, err := c.run(t, input, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return said
}

func TestTheAPIServer(t *testing.T) {
	c := find(t)
	binary, err := stack.Build(t.Context(), stack.Root(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("accepts every manifest and applies it once", func(t *testing.T) { appliesOnce(t, c, binary) })
	t.Run("accepts a foundation's objects", func(t *testing.T) { acceptsFoundation(t, c, binary) })
	t.Run("accepts an endpoint that scales to zero", func(t *testing.T) { acceptsZero(t, c, binary) })
	t.Run("accepts every way in to an endpoint", func(t *testing.T) { acceptsWaysIn(t, c, binary) })
	t.Run("refuses a wrong manifest", func(t *testing.T) { refusesWrong(t, c) })
}

func appliesOnce(t *testing.T, c cluster, binary string) {
	for _, one := range cases(t) {
		t.Run(one.Name, func(t *testing.T) {
			dir := t.TempDir()
			one.Render(t, binary, dir, "--only", "manifests", "--secrets")
			objects := listed(t, dir)
			if len(objects) < 20 {
				t.Fatalf("only %d objects were rendered; the test proves little", len(objects))
			}
			if said := c.must(t, "", "kustomize",
				filepath.Join(dir, "manifests")); strings.Count(said, "\nkind: ")+1 < 20 {
				t.Errorf("kustomize lists too few objects:\n%s", said)
			}
			files := []string{"--server-side", "--field-manager=ashlar"}
			for _, path := range objects {
				files = append(files, "-f", path)
			}
			t.Cleanup(func() { c.forget(t, objects) })
			c.must(t, "", append([]string{"apply"}, files...)...)
			c.settled(t)
			// Exit code 1 is a difference, and kubectl prints it.
			if said, err := c.run(t, "", append([]string{"diff"}, files...)...); err != nil {
				t.Errorf("applying them again would change them (%v):\n%s", err, said)
			}
		})
	}
}

// settled waits until the cluster has looked at the admission policies: it
// notes in their status that it did, which would count as a difference. A
// cluster without controllers never does, and then it makes none.
func (c cluster) settled(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	const generations = `jsonpath={range .items[*]}{.metadata.generation}={.status.observedGeneration}{"\n"}{end}`
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		said := c.must(t, "", "get", "validatingadmissionpolicy", "-l",
			"app.kubernetes.io/managed-by=ashlar", "-o", generations)
		behind := false
		for _, line := range strings.Fields(said) {
			wanted, seen, _ := strings.Cut(line, "=")
			behind = behind || wanted != seen
		}
		if !behind {
			return
		}
	}
}

// What a foundation puts into the cluster itself belongs to nobody's namespace
// and may be there: it is tried, not applied. The namespaces that it has objects in
// must be there for that.
func acceptsFoundation(t *testing.T, c cluster, binary string) {
	made := map[string]bool{}
	t.Cleanup(func() {
		for name := range made {
			_, _ = c.run(t, "", "delete", "namespace", name, "--wait=false") // the cluster is thrown away with them
		}
	})
	for _, one := range stack.Foundations() {
		t.Run(one.Name, func(t *testing.T) {
			dir := t.TempDir()
			one.Render(t, binary, dir, "--only", "manifests")
			args := []string{"apply", "--server-side", "--dry-run=server", "--force-conflicts"}
			for _, path := range listed(t, dir) {
				args = append(args, "-f", path)
				name, isNamespace := strings.CutPrefix(strings.TrimSuffix(filepath.Base(path), ".yaml"), "namespace-")
				if _, err := c.run(t, "", "get", "namespace", name); isNamespace && err != nil {
					c.must(t, "", "create", "namespace", name)
					made[name] = true
				}
			}
			c.must(t, "", args...)
		})
	}
}

// cases are every example in every environment on both providers, each under
// names that nobody else in the cluster has, another run of this test included.
func cases(t *testing.T) []stack.Case {
	t.Helper()
	var out []stack.Case
	random := make([]byte, 3)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	for _, provider := range []string{config.ProviderAWS, config.ProviderKubernetes} {
		for _, all := range stack.Workloads(provider) {
			for i, name := range examples.Names() {
				one := all
				one.Name += "-" + name
				one.Blueprints = all.Blueprints[i : i+1]
				own := fmt.Sprintf("judged-%x-%d", random, len(out))
				one.Config = []string{"name=" + own, "namespace=" + own + "-" + name}
				out = append(out, one)
			}
		}
	}
	return out
}

// The judge must bite.
func refusesWrong(t *testing.T, c cluster) {
	wrong := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, namespace: default}\nspec: {replicass: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n"
	if said, err := c.run(t, wrong, "apply", "--server-side", "--dry-run=server", "-f", "-"); err == nil {
		t.Errorf("an unknown field went unnoticed:\n%s", said)
	}
}

// listed returns the rendered objects in the order of the kustomizations: what
// must be there first, secrets after the namespaces, the rest.
func listed(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, folder := range []string{"crds", "manifests", "secrets"} {
		text, err := os.ReadFile(filepath.Join(dir, folder, "kustomization.yaml"))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var k struct{ Resources []string }
		if err := yaml.Unmarshal(text, &k); err != nil {
			t.Fatal(err)
		}
		for _, path := range k.Resources {
			out = append(out, filepath.Join(dir, folder, path))
		}
	}
	written := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".yaml" && d.Name() != "kustomization.yaml" &&
			d.Name() != "helmfile.yaml" {
			written++
		}
		return err
	})
	if err != nil || written != len(out) {
		t.Fatalf("%d files are listed, %d were written (%v)", len(out), written, err)
	}
	return out
}

// forget deletes what was applied, last first. Nothing waits for it to be
// gone: no name is used twice.
func (c cluster) forget(t *testing.T, objects []string) {
	t.Helper()
	args := []string{"delete", "--ignore-not-found", "--wait=false"}
	for _, path := range slices.Backward(objects) {
		args = append(args, "-f", path)
	}
	// The test's context has ended by now.
	if out, err := exec.Command(c.kubectl, args...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "clean up: %v\n%s", err, out)
	}
}
