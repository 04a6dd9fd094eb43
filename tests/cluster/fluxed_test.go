//go:build integration

package cluster

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// TestFluxDelivers has Flux' own controllers deliver a bundle from a registry: it becomes
// ready once a model is approved, another reconciliation writes nothing although other
// controllers have changed what is theirs, a bundle that is not signed with the key is
// refused and leaves the cluster as it is, and a new version changes and removes objects.
func TestFluxDelivers(t *testing.T) {
	tools := hasFlux(t)
	g := find(t)
	if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io", "cronworkflows.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	g.flux(t, tools)
	s := renderOf(t, g, example, true)
	s.bring(t, s.server.keys)
	s.upload(t, s.server.location())
	f := &fluxed{delivered: &delivered{site: s, dir: t.TempDir()}, hub: hub}
	t.Cleanup(func() {
		f.explainFlux(t)
		f.removeFlux(t)
	})
	private, public := f.keys(t)
	f.pushed(t, "1", private)
	f.delivers(t, "1", public)
	eventually(t, patience, func() error {
		_, err := s.run(t, "", "-n", s.namespace, "get", "rollout/"+endpoint, "workflowtemplate/"+pipeline)
		return err
	})
	s.train(t)
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--comment", "reviewed",
		"--registry", s.registry)
	f.reconciled(t, "1")
	f.inOrder(t)
	f.ownedByOthers(t)

	before := f.written(t)
	if len(before) < 40 {
		t.Fatalf("Flux wrote only %d objects", len(before))
	}
	f.reconciled(t, "1")
	for name, now := range f.written(t) {
		if now != before[name] {
			t.Errorf("a second reconciliation wrote %s:\n%s\n%s", name, before[name], now)
		}
	}
	f.ownedByOthers(t)

	f.nextVersion(t, private, public)
}

// nextVersion pushes another version, first unsigned and with another key, then as it
// should be.
func (f *fluxed) nextVersion(t *testing.T, private, public string) {
	t.Helper()
	other := *f
	other.delivered = &delivered{site: f.site, dir: t.TempDir()}
	wrong, _ := other.keys(t)
	f.edit(t)
	for tag, key := range map[string]string{"unsigned": "", "another-key": wrong} {
		f.pushed(t, tag, key)
		f.delivers(t, tag, public)
		f.refused(t)
		if got := f.most(t); got != 10 {
			t.Errorf("%s: a refused bundle was applied: at most %d pods", tag, got)
		}
	}
	f.pushed(t, "2", private)
	f.delivers(t, "2", public)
	f.reconciled(t, "2")
	if got := f.most(t); got != 7 {
		t.Errorf("the new version says 7 pods at most, and there are %d", got)
	}
	if _, err := f.run(t, "", "-n", f.namespace, "get", "poddisruptionbudget/"+endpoint); err == nil {
		t.Error("what has left the bundle is still there")
	}
}

// edit makes the manifests those of another version: another number of pods at most, and
// no disruption budget.
func (f *fluxed) edit(t *testing.T) {
	t.Helper()
	folder := filepath.Join(f.folder("manifests"), f.namespace)
	replace := func(name, from, to string) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), from) != 1 {
			t.Fatalf("%s does not say %q once:\n%s", name, from, text)
		}
		if err := os.WriteFile(name, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace(filepath.Join(folder, "horizontalpodautoscaler-"+endpoint+".yaml"), "maxReplicas: 10", "maxReplicas: 7")
	budget := "poddisruptionbudget-" + endpoint + ".yaml"
	if err := os.Remove(filepath.Join(folder, budget)); err != nil {
		t.Fatal(err)
	}
	lists := slices.DeleteFunc([]string{filepath.Join(folder, "kustomization.yaml"),
		filepath.Join(f.folder("manifests"), "kustomization.yaml")}, func(name string) bool {
		text, err := os.ReadFile(name)
		return err != nil || !strings.Contains(string(text), budget)
	})
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.Split(string(text), "\n"),
			func(line string) bool { return strings.Contains(line, budget) })
		if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// most is the largest number of pods that the autoscaler allows.
func (f *fluxed) most(t *testing.T) int {
	t.Helper()
	return get[struct{ Spec struct{ MaxReplicas int } }](t, f.ground, "-n", f.namespace, "hpa",
		endpoint).Spec.MaxReplicas
}
