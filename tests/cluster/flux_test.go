//go:build integration

package cluster

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fluxParts are what `make delivery` builds of Flux.
var fluxParts = []string{"source-controller", "source-controller-crds", "kustomize-controller",
	"kustomize-controller-crds"}

// fluxSystem is the namespace of Flux' objects.
const fluxSystem = "flux-system"

// flux runs Flux' controllers on this machine until the test ends, as the cluster's
// administrator. Both are told where artifacts are by the first of them.
func (g ground) flux(t *testing.T, tools string) {
	t.Helper()
	crds := []string{}
	for _, name := range []string{"source-controller-crds", "kustomize-controller-crds"} {
		crds = append(crds, "-f", filepath.Join(tools, name))
	}
	t.Cleanup(func() {
		if out, err := exec.Command(g.kubectl, append([]string{"delete", "--ignore-not-found", "--timeout=120s"},
			crds...)...).CombinedOutput(); err != nil {
			t.Errorf("remove Flux: %v\n%s", err, out)
		}
	})
	g.must(t, "", append([]string{"apply", "--server-side"}, crds...)...)
	g.must(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+fluxSystem+"}\n", "apply", "--server-side",
		"-f", "-")
	t.Setenv("RUNTIME_NAMESPACE", fluxSystem)
	files := g.free(t)
	started(t, filepath.Join(tools, "source-controller"), "--storage-path="+t.TempDir(), "--storage-addr="+files,
		"--storage-adv-addr="+files, "--metrics-addr=0", "--health-addr=0", "--log-level=debug")
	started(t, filepath.Join(tools, "kustomize-controller"), "--requeue-dependency=2s", "--metrics-addr=0",
		"--health-addr=0")
}

// fluxed is a site that Flux' controllers deliver.
type fluxed struct {
	*published
}

// delivers applies what `ashlar generate delivery` writes for a version, with one change:
// the test's registry speaks HTTP, which Flux must be told.
func (f *fluxed) delivers(t *testing.T, tag, public string) {
	t.Helper()
	text := string(f.output(t, "generate", "delivery", f.address(tag), "--for", "flux", "--from", f.manifests,
		"--key", public, "--name", "credit"))
	const before = "kind: OCIRepository"
	at := strings.Index(text, before)
	if at < 0 {
		t.Fatalf("there is no source:\n%s", text)
	}
	changed := text[:at] + strings.Replace(text[at:], "\nspec:\n", "\nspec:\n  insecure: true\n", 1)
	f.must(t, changed, "apply", "--server-side", "--field-manager=test", "-f", "-")
}

// condition is a condition of an object of Flux'.
type condition struct {
	Type, Status, Reason, Message string
	ObservedGeneration            int
}

// fluxObject is the part of Flux' objects that the test reads.
type fluxObject struct {
	Metadata struct {
		Name       string
		Generation int
	}
	Status struct {
		LastHandledReconcileAt string
		LastAppliedRevision    string
		Conditions             []condition
	}
}

// state is the condition Ready of the object's last generation.
func (o fluxObject) state() condition {
	for _, c := range o.Status.Conditions {
		if c.Type == "Ready" && c.ObservedGeneration == o.Metadata.Generation {
			return c
		}
	}
	return condition{Status: "Unknown", Reason: "NotSeen"}
}

// reconciled asks for a reconciliation of everything, as `flux reconcile` does, and waits
// until all of it is ready.
func (f *fluxed) reconciled(t *testing.T, revision string) {
	t.Helper()
	asked := strings.ToLower(rand.Text()[:12])
	f.must(t, "", "-n", fluxSystem, "annotate", "--overwrite", "ocirepositories,kustomizations", "--all",
		"reconcile.fluxcd.io/requestedAt="+asked)
	eventually(t, patience, func() error {
		for _, kind := range []string{"ocirepositories", "kustomizations"} {
			for _, o := range get[struct{ Items []fluxObject }](t, f.ground, "-n", fluxSystem, kind).Items {
				if s := o.state(); s.Status != "True" || o.Status.LastHandledReconcileAt != asked ||
					kind == "kustomizations" && !strings.HasPrefix(o.Status.LastAppliedRevision, revision+"@") {
					return fmt.Errorf("%s %s: %+v, of %s", kind, o.Metadata.Name, s, o.Status.LastAppliedRevision)
				}
			}
		}
		return nil
	})
}

// refused waits until Flux has refused the source for its signature.
func (f *fluxed) refused(t *testing.T) {
	t.Helper()
	eventually(t, patience, func() error {
		o := get[fluxObject](t, f.ground, "-n", fluxSystem, "ocirepository/credit")
		if s := o.state(); s.Status != "False" || s.Reason != "VerificationError" {
			return fmt.Errorf("the source is %+v", s)
		}
		return nil
	})
}

// hasFlux skips the test where the controllers are not built.
func hasFlux(t *testing.T) string {
	t.Helper()
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	for _, name := range fluxParts {
		if _, err := os.Stat(filepath.Join(tools, name)); err != nil {
			t.Skipf("skipped: there is no %s in ASHLAR_TEST_TOOLS; `make delivery` builds it", name)
		}
	}
	return tools
}

// explainFlux shows, once the test has failed, what Flux says of itself.
func (f *fluxed) explainFlux(t *testing.T) {
	if !t.Failed() {
		return
	}
	// The test's context has ended by now. What cannot be had is said in its place.
	said, _ := exec.Command(f.kubectl, "-n", fluxSystem, "get", "ocirepositories,kustomizations", "-o",
		"yaml").CombinedOutput()
	t.Logf("Flux:\n%s", said)
}

// removeFlux deletes Flux' objects while its controllers run: a Kustomization removes what
// it has applied before it is gone.
func (f *fluxed) removeFlux(t *testing.T) {
	if out, err := exec.Command(f.kubectl, "-n", fluxSystem, "delete", "kustomizations,ocirepositories", "--all",
		"--timeout=180s").CombinedOutput(); err != nil {
		t.Errorf("remove Flux' objects: %v\n%s", err, out)
	}
}
