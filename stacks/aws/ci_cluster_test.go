package aws

import (
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/foundation"
)

// plural is a kind's name in rules.
func plural(kind string) string {
	kind = strings.ToLower(kind)
	switch {
	case strings.HasSuffix(kind, "y"):
		return strings.TrimSuffix(kind, "y") + "ies"
	case strings.HasSuffix(kind, "s"):
		return kind
	}
	return kind + "s"
}

// TestCIMayChangeEachKindThatTheWorkloadsConsistOf holds the cluster's roles
// against what the workloads layer registers.
func TestCIMayChangeEachKindThatTheWorkloadsConsistOf(t *testing.T) {
	const rbac = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
	roles := map[string]map[string]string{} // role -> group/resource -> verbs
	for _, role := range iamFoundation(t).All(rbac) {
		verbs := map[string]string{}
		for _, rule := range role.At("rules").([]any) {
			rule := rule.(map[string]any)
			for _, r := range rule["resources"].([]any) {
				var all []string
				for _, v := range rule["verbs"].([]any) {
					all = append(all, v.(string))
				}
				verbs[rule["apiGroups"].([]any)[0].(string)+"/"+r.(string)] = strings.Join(all, " ")
			}
		}
		roles[role.Name] = verbs
	}
	c := cloud()
	c.Admission = []map[string]any{{"apiVersion": "admissionregistration.k8s.io/v1",
		"kind": "ValidatingAdmissionPolicy", "metadata": map[string]any{"name": "p"}, "spec": map[string]any{}}}
	seen := 0
	for _, o := range objects(registered(t, c, credit(), churn())) {
		parts := strings.Split(o.Type, ":") // kubernetes:apps/v1:Deployment
		group, _, grouped := strings.Cut(parts[1], "/")
		if !grouped || group == "core" {
			group = ""
		}
		what := group + "/" + plural(parts[2])
		role, want := "ci-write", "get list watch create update patch delete"
		if what == "/namespaces" { // made by the foundation
			want = "get update patch"
		}
		if o.Text("metadata.namespace") == "" {
			role += "-cluster"
		}
		if got := roles[role][what]; got != want {
			t.Errorf("%s %s: CI may %q %s, and deploying it takes %q", o.Type, o.Name, got, what, want)
		}
		seen++
	}
	if seen < 20 {
		t.Errorf("only %d objects were looked at", seen)
	}
}

// TestCIAdministersNoCluster: what the roles of CI are in the cluster is a group
// of ours, and only people are administrators.
func TestCIAdministersNoCluster(t *testing.T) {
	f := iamFoundation(t)
	groups := map[string]string{}
	for _, e := range f.All("aws:eks/accessEntry:AccessEntry") {
		groups[e.Name] = e.Text("kubernetesGroups.0")
	}
	if groups["cluster-ci-deploy"] != foundation.Deployers || groups["cluster-ci-preview"] != foundation.Viewers {
		t.Errorf("groups %v", groups)
	}
	if _, there := groups["cluster-ci-image"]; there {
		t.Error("who pushes images has an entry in the cluster")
	}
	for _, a := range f.All("aws:eks/accessPolicyAssociation:AccessPolicyAssociation") {
		if strings.Contains(a.Name, "-ci") || a.Text("principalArn") != "arn:aws:iam::"+
			pulumitest.Account+":role/platform" {
			t.Errorf("%s administers the cluster", a.Text("principalArn"))
		}
	}
}
