package cluster

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAnObjectIsLookedForByItsKind: at the path that discovery says, in its namespace or
// in none.
func TestAnObjectIsLookedForByItsKind(t *testing.T) {
	s := server(t, map[string]string{
		"/api/v1": `{"resources":[{"name":"secrets","kind":"Secret","namespaced":true},{"name":"namespaces","kind":"Namespace"}]}`,
		"/apis/apps/v1": `{"resources":[{"name":"deployments/status","kind":"Deployment","namespaced":true},
			{"name":"deployments","kind":"Deployment","namespaced":true}]}`,
		"/api/v1/namespaces/loans/secrets/store":           `{"kind":"PartialObjectMetadata"}`,
		"/api/v1/namespaces/loans":                         `{}`,
		"/apis/apps/v1/namespaces/loans/deployments/score": `{}`,
		"/apis/apps/v1/namespaces/loans/deployments/shut":  `403!{}`,
	})
	c, err := Open(Target{Kubeconfig: kubeconfig(t, "one", map[string]*httptest.Server{"one": s})})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		group, kind, namespace, name string
		found                        bool
	}{
		{"v1", "Secret", "loans", "store", true}, {"v1", "Secret", "loans", "other", false},
		{"v1", "Namespace", "", "loans", true}, {"apps/v1", "Deployment", "loans", "score", true},
		{"apps/v1", "StatefulSet", "loans", "score", false},
		{"argoproj.io/v1alpha1", "Rollout", "loans", "score", false},
	} {
		found, err := c.Has(t.Context(), one.group, one.kind, one.namespace, one.name)
		if err != nil || found != one.found {
			t.Errorf("%+v: %v, %v", one, found, err)
		}
	}
	if _, err := c.Has(t.Context(), "apps/v1", "Deployment", "loans", "shut"); err == nil ||
		!strings.Contains(err.Error(), "does not let its user read") {
		t.Errorf("what nobody may see is not absent: %v", err)
	}
}
