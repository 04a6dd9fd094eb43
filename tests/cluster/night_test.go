//go:build integration

package cluster

import (
	"os"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
	"github.com/ashlar-dev/ashlar/tests/actions"
)

// night runs the comparison of the generated workflow for dev: nothing has changed, then
// somebody has opened a network policy, which Pulumi does not see, and then closed it.
func (x *team) night(t *testing.T, r *actions.Runner, hub *githubtest.Server, namespace string) {
	t.Helper()
	r.Values["matrix.stack"], r.Values["matrix.provider"] = "dev", "kubernetes"
	r.Env["RUNNER_TEMP"], r.Env["KUBECONFIG"] = t.TempDir(), os.Getenv("KUBECONFIG")
	policy := []string{"-n", namespace, "patch", "networkpolicy", "deny-all", "--type=merge", "-p"}
	for _, c := range []struct{ patch, says string }{
		{"", "0 findings"},
		{`{"spec":{"ingress":[{}]}}`, "NetworkPolicy " + namespace + "/deny-all"},
		{`{"spec":{"ingress":null}}`, "0 findings"},
	} {
		if c.patch != "" {
			x.must(t, "", append(policy, c.patch)...)
		}
		said, err := r.Only("ashlar-drift.yml", "preview", "Compare")
		if err != nil || !strings.Contains(said, c.says) {
			t.Errorf("after %q: %v\n%s", c.patch, err, said)
		}
		if open := len(hub.OpenIssues()) > 0; open == (c.says == "0 findings") {
			t.Errorf("after %q an issue is open: %t: %v", c.patch, open, hub.Issues())
		}
	}
	delete(r.Env, "RUNNER_TEMP") // each job has its own
	delete(r.Env, "KUBECONFIG")
}
