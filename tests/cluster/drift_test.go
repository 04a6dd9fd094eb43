//go:build integration

package cluster

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// watched is the example in a cluster, without anything that it needs to run: its objects
// are what is compared.
type watched struct {
	ground
	namespace string
	bin       string   // the folder of both programs
	config    []string // flags of render and drift
}

// watch deploys the example as kubectl does it.
func watch(t *testing.T) *watched {
	t.Helper()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil || os.Getenv("KUBECONFIG") == "" {
		t.Skip("skipped: there is no kubectl on PATH, or KUBECONFIG does not name a cluster")
	}
	w := &watched{ground: ground{kubectl: kubectl, root: stack.Root(t)}, bin: t.TempDir()}
	w.ashlar = ashlar.Build(t)
	if w.stack, err = stack.Build(t.Context(), w.root, w.bin); err != nil {
		t.Fatal(err)
	}
	name := "drift-" + strings.ToLower(rand.Text()[:6])
	w.namespace = name + "-credit"
	w.config = []string{"--env", environment, "--layer", config.LayerWorkloads, "--provider", config.ProviderKubernetes}
	for _, one := range []string{"name=" + name, "namespace=" + w.namespace, "image=" + stack.Image,
		"delivery=" + config.DeliveryDeployment, "pipelines=" + config.PipelinesCronJob,
		"storeUrl=s3://models?endpoint=http://10.245.0.1:9000",
		"databaseUrl=postgres://u:hunter2@10.245.0.1:5432/x?sslmode=disable",
		"context=" + strings.TrimSpace(w.must(t, "", "config", "current-context"))} {
		w.config = append(w.config, "--config", one)
	}
	out := t.TempDir()
	w.command(t, w.stack, append(append([]string{"render", "--only", "manifests", "--secrets",
		"--out", out}, w.config...),
		example)...)
	manifests := filepath.Join(out, "manifests")
	t.Cleanup(func() { // the test's context has ended by now
		_ = exec.Command(kubectl, "delete", "clusterrolebinding", name).Run()
		if said, err := exec.Command(kubectl, "delete", "-k", manifests, "--ignore-not-found",
			"--timeout=120s").CombinedOutput(); err != nil {
			t.Errorf("clean up: %v\n%s", err, said)
		}
	})
	apply := []string{"apply", "--server-side", "--field-manager=ashlar"}
	for _, n := range []string{w.namespace, name + "-" + environment + "-system"} {
		w.must(t, "", append(apply, "-f", filepath.Join(manifests, n, "namespace-"+n+".yaml"))...)
	}
	for _, folder := range []string{"secrets", "manifests"} {
		w.must(t, "", append(apply, "-k", filepath.Join(out, folder))...)
	}
	return w
}

// look runs `ashlar drift` and returns each finding as "CLASS CHANGE KIND NAME FIELD".
func (w *watched) look(t *testing.T) (lines []string, report drift.Report) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), w.ashlar, append(append([]string{"drift", "--output", "json"}, w.config...),
		example)...)
	cmd.Dir, cmd.Env = w.root, append(os.Environ(), "PATH="+w.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && (!errors.As(err, &exited) || exited.ExitCode() != 1) {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if (err != nil) != report.Serious() {
		t.Errorf("the exit code says %v of %+v", err, report)
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("the report tells a secret:\n%s", out.String())
	}
	for _, f := range report.Findings {
		object := strings.Replace(f.Object, w.namespace+"/", "", 1)
		object = strings.Replace(object, w.namespace, "NAMESPACE", 1)
		lines = append(lines, strings.TrimSpace(strings.Join([]string{string(f.Class), f.Change, object, f.Path}, " ")))
	}
	return lines, report
}

// edit is a change by hand, and the finding that it must be.
type edit struct{ do, finding string }

// edits change one thing each; n is the namespace.
var edits = []edit{
	{`-n N patch networkpolicy deny-all --type=merge -p {"spec":{"ingress":[{}]}}`,
		"security added NetworkPolicy deny-all spec.ingress"},
	{`-n N patch deployment scoring -p {"spec":{"template":{"spec":{"containers":[{"name":"beside","image":"x@sha256:0000000000000000000000000000000000000000000000000000000000000000","resources":{"requests":{"cpu":"1m","memory":"1Mi"},"limits":{"memory":"1Mi"}},"securityContext":{"privileged":false,"runAsNonRoot":true,"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}},"readinessProbe":{"tcpSocket":{"port":1}}}]}}}}`,
		"security added Deployment scoring spec.template.spec.containers[name=beside]"},
	{`-n N set env deployment/scoring -c ashlar EXTRA=hunter2`,
		"security added Deployment scoring spec.template.spec.containers[name=ashlar].env[name=EXTRA]"},
	{`label namespace N pod-security.kubernetes.io/warn-version=v1.20`,
		"security added Namespace NAMESPACE metadata.labels[pod-security.kubernetes.io/warn-version]"},
	{`label namespace N pod-security.kubernetes.io/audit=privileged --overwrite`,
		"security changed Namespace NAMESPACE metadata.labels[pod-security.kubernetes.io/audit]"},
	{`-n N patch service scoring --type=json -p [{"op":"add","path":"/spec/ports/-","value":{"name":"x","port":9999}}]`,
		"security added Service scoring spec.ports[port=9999,protocol=TCP]"},
	{`-n N create rolebinding mine --clusterrole=admin --serviceaccount=N:default`,
		"security unknown RoleBinding mine"},
	{`-n N create secret generic mine --from-literal=k=hunter2`, "security unknown Secret mine"},
	{`-n N patch secret ashlar-database-serve -p {"stringData":{"database":"hunter2"}}`,
		"security changed Secret ashlar-database-serve data.database"},
	{`-n N delete poddisruptionbudget scoring`, "security missing PodDisruptionBudget scoring"},
	{`-n N patch cronjob retention-data -p {"spec":{"suspend":true}}`,
		"data changed CronJob retention-data spec.suspend"},
	{`-n N patch resourcequota quota -p {"spec":{"hard":{"pods":"999"}}}`,
		"cost changed ResourceQuota quota spec.hard.pods"},
	{`-n N label service scoring who=me`, "benign added Service scoring metadata.labels.who"},
	{`-n N create configmap mine --from-literal=k=v`, "benign unknown ConfigMap mine"},
}

// TestConfigurationDrift: what was deployed has no findings, and each change by hand is
// exactly one.
func TestConfigurationDrift(t *testing.T) {
	w := watch(t)
	if found, report := w.look(t); len(found) > 0 || report.Compared < 50 {
		t.Fatalf("nothing was changed; of %d objects\n%s", report.Compared, strings.Join(found, "\n"))
	}
	var want []string
	for _, e := range edits {
		do := strings.NewReplacer(" N", " "+w.namespace, "=N:", "="+w.namespace+":").Replace(" " + e.do)
		w.must(t, "", strings.Fields(do)...)
		want = append(want, e.finding)
	}
	found, report := w.look(t)
	for _, one := range found {
		if !slices.Contains(want, one) {
			t.Errorf("nobody did this: %s", one)
		}
	}
	for _, one := range want {
		if !slices.Contains(found, one) {
			t.Errorf("not found: %s", one)
		}
	}
	for _, f := range report.Findings {
		if f.Change != drift.Missing && (f.At == "" || !strings.HasPrefix(f.By, "kubectl")) {
			t.Errorf("%s %s was changed by %q at %q", f.Object, f.Path, f.By, f.At)
		}
	}
}
