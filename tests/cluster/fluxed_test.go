//go:build integration

package cluster

import (
	"testing"
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
	g.flux(t, tools)
	s := renderOf(t, g, example, true)
	s.bring(t, s.server.keys)
	s.upload(t, s.server.location())
	f := &fluxed{s.published(t)}
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

	before := f.written(t, "kustomize-controller")
	if len(before) < 40 {
		t.Fatalf("Flux wrote only %d objects", len(before))
	}
	f.reconciled(t, "1")
	for name, now := range f.written(t, "kustomize-controller") {
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
	other := &delivered{site: f.site, dir: t.TempDir()}
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
