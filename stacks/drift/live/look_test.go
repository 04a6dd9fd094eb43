package live_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/cluster"
	"github.com/ashlar-dev/ashlar/stacks/cluster/clustertest"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/drift/live"
)

// program are the objects that are rendered.
var program = []string{
	`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}`,
	`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "stringData": {"k": "hunter1"}}`,
	`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}, "spec": {"replicas": 2,
		"template": {"spec": {"imagePullSecrets": [{"name": "pull"}], "containers": [{"name": "c",
			"envFrom": [{"secretRef": {"name": "brought"}}]}], "volumes": [{"name": "v", "configMap": {"name": "given"}}]}}}}`,
}

func look(t *testing.T, s *clustertest.Server, options live.Options, rendered ...string) drift.Report {
	t.Helper()
	c, err := cluster.Open(cluster.Target{Kubeconfig: s.Kubeconfig(t, "it")})
	if err != nil {
		t.Fatal(err)
	}
	var objects []live.Object
	for _, text := range rendered {
		objects = append(objects, object(t, text))
	}
	steps := 0
	report, err := live.Look(t.Context(), c, objects, options, func(int, int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	if steps != len(rendered) {
		t.Errorf("progress was told of %d of %d objects", steps, len(rendered))
	}
	if changed := s.Changed(); len(changed) > 0 {
		t.Errorf("the cluster was changed: %v", changed)
	}
	if text, _ := json.Marshal(report); strings.Contains(string(text), "hunter") {
		t.Errorf("the report tells a secret: %s", text)
	}
	return report
}

func found(r drift.Report) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, strings.Join(strings.Fields(string(f.Class)+" "+f.Change+" "+f.Object+" "+f.Path), " "))
	}
	return strings.Join(out, "\n")
}

func TestWhatIsDeployedHasNoFindings(t *testing.T) {
	s := clustertest.New(t)
	s.Put(t, program...)
	// What Kubernetes adds, what people bring, and what controllers make.
	s.Put(t, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "n"}}`,
		`{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "n"}}`,
		`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "brought", "namespace": "n"}, "data": {"k": "hunter2"}}`,
		`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull", "namespace": "n"}}`,
		`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "given", "namespace": "n"}}`,
		`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "d-1", "namespace": "n", "ownerReferences": [{"controller": true}]}}`,
		`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "elsewhere", "namespace": "m"}}`,
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "other"},
			"subjects": [{"kind": "ServiceAccount", "namespace": "m", "name": "default"}, {"kind": "Group", "name": "system:serviceaccounts"}]}`)
	if r := look(t, s, live.Options{}, program...); len(r.Findings) > 0 || r.Compared != 3 || len(r.Notes) > 0 {
		t.Errorf("found %s, %+v", found(r), r)
	}
}

func TestObjectsOfOthersAreFound(t *testing.T) {
	s := clustertest.New(t)
	s.Put(t, program[0], program[1], strings.Replace(program[2], `"replicas": 2`, `"replicas": 9`, 1))
	s.Put(t, `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loose", "namespace": "n", "creationTimestamp": "2026-11-30T10:00:00Z",
			"managedFields": [{"manager": "kubectl-run", "operation": "Update", "fieldsV1": {}}]}}`,
		`{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": "n"}, "data": {"k": "hunter2"}}`,
		`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": "n"}}`,
		`{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "mine", "namespace": "n"}}`,
		`{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "allow", "namespace": "n"}}`,
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "one"},
			"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "namespace": "n", "name": "default"}]}`,
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "two"},
			"subjects": [{"kind": "Group", "name": "system:serviceaccounts:n"}]}`)
	r := look(t, s, live.Options{}, program...)
	want := `security unknown ClusterRoleBinding one
security unknown ClusterRoleBinding two
security unknown NetworkPolicy n/allow
security unknown Pod n/loose
security unknown Secret n/mine
cost changed Deployment n/d spec.replicas
cost unknown PersistentVolumeClaim n/mine
benign unknown ConfigMap n/mine`
	if got := found(r); got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	if f := r.Findings[3]; f.By != "kubectl-run" || f.At != "2026-11-30T10:00:00Z" || !strings.Contains(f.Advice,
		"kubectl delete pod loose -n n") {
		t.Errorf("the pod's finding is %+v", f)
	}
	if f := r.Findings[0]; !strings.Contains(f.Found, "ClusterRole cluster-admin") {
		t.Errorf("the binding's finding is %+v", f)
	}
	if got := found(look(t, s, live.Options{Charts: []string{"n"}}, program...)); strings.Contains(got, "n/loose") {
		t.Errorf("a chart's namespace: %s", got)
	}
	if got := found(r.Only([]drift.Class{drift.Cost})); strings.Contains(got, "security") ||
		!strings.Contains(got, "cost") {
		t.Errorf("cost alone: %s", got)
	}
}

func TestPermissionsThatLackAreNotes(t *testing.T) {
	for forbidden, want := range map[string]string{
		"PATCH":                   "no permission to patch",
		"GET secrets":             "objects of kind Secret in namespace n that the program does not make are not looked for",
		"GET deployments":         "Deployment n/d is not compared",
		"GET clusterrolebindings": "ClusterRoleBinding of the cluster",
	} {
		s := clustertest.New(t)
		s.Put(t, program[0], program[1], strings.Replace(program[2], `"replicas": 2`, `"replicas": 9`, 1))
		s.Forbid = []string{forbidden}
		r := look(t, s, live.Options{}, program...)
		if !strings.Contains(strings.Join(r.Notes, "\n"), want) {
			t.Errorf("%s: notes %q, want %q", forbidden, r.Notes, want)
		}
		if got := found(r); forbidden != "GET deployments" && got != "cost changed Deployment n/d spec.replicas" {
			t.Errorf("%s: found %q", forbidden, got)
		}
	}
	s := clustertest.New(t)
	s.Put(t, program[0], program[1], strings.Replace(program[2], `"replicas": 2`, `"replicas": 9`, 1))
	s.Refuse["d"] = "spec.template: field is immutable"
	if r := look(t, s, live.Options{}, program...); found(r) != "cost changed Deployment n/d spec.replicas" ||
		len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "immutable") {
		t.Errorf("a refused dry run: %+v", r)
	}
}

func TestAClusterThatFailsIsAnError(t *testing.T) {
	s := clustertest.New(t)
	c, err := cluster.Open(cluster.Target{Kubeconfig: s.Kubeconfig(t, "it")})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := live.Look(t.Context(), c, []live.Object{object(t, program[0])}, live.Options{}, nil); err == nil ||
		!strings.Contains(err.Error(), "does not answer") {
		t.Errorf("said %v", err)
	}
}

func TestARenderingIsRead(t *testing.T) {
	objects, options, err := live.Read(map[string][]byte{
		"manifests/n/a.yaml":           []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"),
		"manifests/kustomization.yaml": []byte("kind: Kustomization\n"),
		"secrets/n/s.yaml":             []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n"),
		"helmfile.yaml":                []byte("releases: [{name: x, namespace: argo}, {name: y, namespace: argo}]\n"),
		"main.tf.json":                 []byte("{}"),
	})
	if err != nil || len(objects) != 2 || len(options.Charts) != 1 || options.Charts[0] != "argo" {
		t.Errorf("read %v %v: %v", objects, options, err)
	}
	for name, text := range map[string]string{"no YAML": "{", "no object": "a: b", "no list": "- a",
		"no name": "apiVersion: v1\nkind: Secret\n"} {
		if _, _, err := live.Read(map[string][]byte{"manifests/a.yaml": []byte(text)}); err == nil ||
			!strings.Contains(err.Error(), "manifests/a.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := live.Read(map[string][]byte{"helmfile.yaml": []byte("releases: x")}); err == nil {
		t.Error("a helmfile without releases is read")
	}
}
