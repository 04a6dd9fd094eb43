//go:build integration

package cluster

import (
	"fmt"
	"testing"
)

// TestArgoCDDelivers has Argo CD's own controller and repository server deliver a bundle
// from a registry: it is in sync and healthy once a model is approved, a second sync
// writes nothing although other controllers have changed what is theirs, a change by hand
// is undone, and a new version changes and removes objects.
func TestArgoCDDelivers(t *testing.T) {
	tools := hasArgoCD(t)
	g := find(t)
	if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io", "cronworkflows.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	g.argoCD(t, tools)
	s := renderOf(t, g, example, true)
	s.bring(t, s.server.keys)
	s.upload(t, s.server.location())
	a := &argoCD{s.published(t)}
	t.Cleanup(func() { a.explainArgoCD(t) })
	a.registered(t)
	a.pushed(t, "1", "")
	a.delivers(t, "1")
	eventually(t, patience, func() error {
		_, err := s.run(t, "", "-n", s.namespace, "get", "rollout/"+endpoint, "workflowtemplate/"+pipeline)
		return err
	})
	s.train(t)
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--comment", "reviewed",
		"--registry", s.registry)
	a.compared(t)
	a.inOrder(t)
	a.ownedByOthers(t)
	a.secondSync(t)
	a.ownedByOthers(t)
	a.undone(t)

	a.edit(t)
	a.pushed(t, "2", "")
	a.delivers(t, "2")
	eventually(t, patience, func() error {
		if got := a.most(t); got != 7 {
			return fmt.Errorf("the new version says 7 pods at most, and there are %d", got)
		}
		return nil
	})
	a.compared(t)
	if _, err := a.run(t, "", "-n", a.namespace, "get", "poddisruptionbudget/"+endpoint); err == nil {
		t.Error("what has left the bundle is still there")
	}
}

// secondSync asks for a sync of what is in sync already, which must write nothing.
func (a *argoCD) secondSync(t *testing.T) {
	t.Helper()
	const manager = "argocd-controller"
	before := a.written(t, manager)
	if len(before) < 40 {
		t.Fatalf("Argo CD wrote only %d objects", len(before))
	}
	ended := a.application(t).Status.OperationState.FinishedAt
	a.must(t, "", "-n", argoSystem, "patch", "application", "credit", "--type=merge", "-p",
		`{"operation":{"initiatedBy":{"username":"test"},"sync":{"prune":true,"syncOptions":["ServerSideApply=true",`+
			`"RespectIgnoreDifferences=true","ApplyOutOfSyncOnly=true"]}}}`)
	eventually(t, patience, func() error {
		if s := a.application(t).Status.OperationState; s.FinishedAt == ended || s.Phase != "Succeeded" {
			return fmt.Errorf("the sync is %+v", s)
		}
		return nil
	})
	a.compared(t)
	for name, now := range a.written(t, manager) {
		if now != before[name] {
			t.Errorf("a second sync wrote %s:\n%s\n%s", name, before[name], now)
		}
	}
}

// undone changes by hand what is the bundle's, and waits until it is as it was.
func (a *argoCD) undone(t *testing.T) {
	t.Helper()
	a.must(t, "", "-n", a.namespace, "patch", "hpa", endpoint, "--type=merge", "-p", `{"spec":{"maxReplicas":8}}`)
	eventually(t, patience, func() error {
		if got := a.most(t); got != 10 {
			return fmt.Errorf("there are %d pods at most; the bundle says 10", got)
		}
		return nil
	})
	a.compared(t)
}
