package cluster_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/cluster/clustertest"
)

func opened(t *testing.T, s *clustertest.Server) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Open(cluster.Target{Kubeconfig: s.Kubeconfig(t, "it")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func deployment(name string) string {
	return fmt.Sprintf(`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": %q, "namespace": "n"},
		"spec": {"replicas": 3}}`, name)
}

func TestObjectsAreRead(t *testing.T) {
	s := clustertest.New(t)
	s.Put(t, deployment("a"), `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}`)
	c := opened(t, s)
	for _, x := range []struct {
		ref   cluster.Ref
		found bool
	}{
		{cluster.Ref{Version: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "a"}, true},
		{cluster.Ref{Version: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "b"}, false},
		{cluster.Ref{Version: "apps/v1", Kind: "Other", Namespace: "n", Name: "a"}, false},
		{cluster.Ref{Version: "none.example/v1", Kind: "Other", Name: "a"}, false},
		{cluster.Ref{Version: "v1", Kind: "Namespace", Name: "n"}, true},
	} {
		if o, found, err := c.Object(t.Context(), x.ref); err != nil || found != x.found ||
			found && o["kind"] != x.ref.Kind {
			t.Errorf("%s: %v %t %v", x.ref, o, found, err)
		}
	}
	s.Forbid = []string{"GET deployments"}
	if _, _, err := c.Object(t.Context(), cluster.Ref{Version: "apps/v1", Kind: "Deployment", Namespace: "n",
		Name: "a"}); !errors.Is(err, cluster.ErrForbidden) {
		t.Errorf("forbidden: %v", err)
	}
}

func TestApplyingIsADryRun(t *testing.T) {
	s := clustertest.New(t)
	s.Put(t, deployment("a"), deployment("b"))
	c := opened(t, s)
	ref := cluster.Ref{Version: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "a"}
	object := map[string]any{"spec": map[string]any{"paused": true}}
	got, err := c.Applied(t.Context(), ref, object, "us")
	spec, _ := got["spec"].(map[string]any)
	if err != nil || spec["paused"] != true || spec["replicas"] != float64(3) {
		t.Fatalf("applied %v: %v", got, err)
	}
	if after, _, _ := c.Object(t.Context(), ref); after["spec"].(map[string]any)["paused"] != nil ||
		len(s.Changed()) > 0 {
		t.Errorf("something changed: %v %v", after, s.Changed())
	}
	s.Refuse["a"] = "spec.paused: field is immutable"
	var refused *cluster.RefusedError
	if _, err := c.Applied(t.Context(), ref, object, "us"); !errors.As(err, &refused) || refused.Status != 422 ||
		!strings.Contains(err.Error(), "immutable") {
		t.Errorf("refused: %v", err)
	}
	s.Forbid = []string{"PATCH"}
	if _, err := c.Applied(t.Context(), ref, object, "us"); !errors.Is(err, cluster.ErrForbidden) {
		t.Errorf("forbidden: %v", err)
	}
	if _, err := c.Applied(t.Context(), cluster.Ref{Version: "v1", Kind: "Other"}, object, "us"); !errors.Is(err,
		cluster.ErrNoKind) {
		t.Errorf("no kind: %v", err)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	s := clustertest.New(t)
	s.Page = 2
	names := []string{"a", "b", "c", "d", "e"}
	for _, name := range names {
		s.Put(t, deployment(name))
	}
	s.Put(t, strings.Replace(deployment("other"), `"n"`, `"m"`, 1))
	c := opened(t, s)
	for _, metadata := range []bool{true, false} {
		list, err := c.List(t.Context(), cluster.Ref{Version: "apps/v1", Kind: "Deployment", Namespace: "n"}, metadata)
		var got []string
		for _, o := range list {
			got = append(got, o["metadata"].(map[string]any)["name"].(string))
			if _, whole := o["spec"]; whole == metadata {
				t.Errorf("metadata %t: %v", metadata, o)
			}
		}
		if err != nil || !slices.Equal(got, names) {
			t.Errorf("listed %v: %v", got, err)
		}
	}
	if accepted := s.Accepted(); !strings.Contains(strings.Join(accepted, " "), "PartialObjectMetadataList") {
		t.Errorf("asked for %v", accepted)
	}
	if _, err := c.List(t.Context(), cluster.Ref{Version: "v1", Kind: "Other"},
		true); !errors.Is(err, cluster.ErrNoKind) {
		t.Errorf("no kind: %v", err)
	}
	s.Forbid = []string{"GET deployments"}
	if _, err := c.List(t.Context(), cluster.Ref{Version: "apps/v1", Kind: "Deployment"}, true); !errors.Is(err,
		cluster.ErrForbidden) {
		t.Errorf("forbidden: %v", err)
	}
}

// TestAListThatNeverEndsIsCutOff: each page names a next one.
func TestAListThatNeverEndsIsCutOff(t *testing.T) {
	s := clustertest.New(t)
	endless := strings.TrimSuffix(strings.Repeat(`{},`, 2000), ",")
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1" {
			_, _ = w.Write([]byte(`{"resources": [{"name": "pods", "kind": "Pod", "namespaced": true}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"metadata": {"continue": "x"}, "items": [` + endless + `]}`))
	})
	if _, err := opened(t, s).List(t.Context(), cluster.Ref{Version: "v1", Kind: "Pod"}, true); err == nil ||
		!strings.Contains(err.Error(), "more than 20000") {
		t.Errorf("said %v", err)
	}
}
