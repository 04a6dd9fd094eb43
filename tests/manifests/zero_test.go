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

// acceptsZero lets the API server judge KEDA's scaler by KEDA's own schema. Nothing else
// of it is applied: the other objects are those of every endpoint.
func acceptsZero(t *testing.T, c cluster, binary string) {
	for _, delivery := range []string{config.DeliveryRollout, config.DeliveryDeployment} {
		t.Run(delivery, func(t *testing.T) {
			one := stack.Workloads(config.ProviderKubernetes)[0]
			one.Blueprints = []string{sleeping(t)}
			one.Config = []string{"kedaNamespace=keda", "delivery=" + delivery}
			dir := t.TempDir()
			one.Render(t, binary, dir, "--only", "manifests")
			scaler := ""
			for _, path := range listed(t, dir) {
				if strings.HasPrefix(filepath.Base(path), "scaledobject-") {
					scaler = path
				}
			}
			text, err := os.ReadFile(scaler)
			if err != nil {
				t.Fatalf("there is no ScaledObject: %v", err)
			}
			// The namespace is not there, and need not be.
			lines := strings.Split(string(text), "\n")
			for i, line := range lines {
				if strings.HasPrefix(strings.TrimSpace(line), "namespace:") {
					lines[i] = "  namespace: default"
				}
			}
			c.must(t, strings.Join(lines, "\n"), "apply", "--server-side", "--dry-run=server", "-f", "-")
		})
	}
}

// sleeping is the credit example with an endpoint that may have no pods in dev.
func sleeping(t *testing.T) string {
	t.Helper()
	return edited(t, "replicas: {min: 1, max: 1}", "replicas: {min: 0, max: 3}")
}

// edited is the credit example with a text changed at its first place.
func edited(t *testing.T, old, text string) string {
	t.Helper()
	from, to := filepath.Join(stack.Root(t), "blueprints", "examples", "credit"), t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(to, "credit.cue")
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(was), old, text, 1)
	if changed == string(was) {
		t.Fatalf("the example has no %q now", old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil { //nolint:gosec // a test's own folder
		t.Fatal(err)
	}
	return to
}
