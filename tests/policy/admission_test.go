//go:build integration

package policy

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/policies/admission"
)

// server is a Kubernetes API server and a namespace of the test's own in it.
type server struct {
	t         *testing.T
	namespace string
}

// newServer skips the test where there is no cluster.
func newServer(t *testing.T) *server {
	t.Helper()
	if os.Getenv("KUBECONFIG") == "" {
		t.Skip("skipped: KUBECONFIG is not set; it names the cluster whose API server is asked")
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("skipped: there is no kubectl on PATH")
	}
	s := &server{t: t, namespace: "ashlar-policy-" + strings.ToLower(rand.Text()[:10])}
	s.must(s.kubectl("", "create", "namespace", s.namespace))
	t.Cleanup(func() {
		for _, args := range [][]string{
			{"delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "-l", "ashlar.dev/test=" +
				s.namespace, "--ignore-not-found"},
			{"delete", "namespace", s.namespace, "--wait=false"},
		} {
			if _, err := s.kubectl("", args...); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func (s *server) kubectl(input string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String() + errs.String(), nil
}

func (s *server) must(out string, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// judge asks the API server for an object without making it. What it objects
// to is the error.
func (s *server) judge(object map[string]any) error {
	s.t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.kubectl(string(text), "create", "--namespace", s.namespace, "--dry-run=server", "-f", "-")
	return err
}

// enforce makes the API server enforce the rules in the namespace, and waits
// until the one named refuses the object.
func (s *server) enforce(rules []*policies.Rule, id string, bad map[string]any) {
	s.t.Helper()
	objects, _ := admission.Objects(rules,
		admission.Options{Prefix: s.namespace, Namespaces: []string{s.namespace}, Environment: "prod"})
	var list []any
	for _, o := range objects {
		o["metadata"].(map[string]any)["labels"].(map[string]any)["ashlar.dev/test"] = s.namespace
		list = append(list, o)
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": list})
	if err != nil {
		s.t.Fatal(err)
	}
	s.must(s.kubectl(string(text), "apply", "-f", "-"))
	s.refused(bad, id)
}

// refused waits until the API server refuses the object with the words: it
// takes up each new policy in its turn.
func (s *server) refused(object map[string]any, words string) {
	s.t.Helper()
	s.await(words, func() error { return s.judge(object) })
}

// await asks until the answer is an error with the words.
func (s *server) await(words string, ask func() error) {
	s.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-tick.C {
		err := ask()
		if err != nil && strings.Contains(err.Error(), words) {
			return
		}
		if time.Now().After(end) {
			s.t.Errorf("not refused with %q after half a minute: %v", words, err)
			return
		}
	}
}

// pod does everything right.
func pod() map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "good"},
		"spec": map[string]any{
			"securityContext": map[string]any{"runAsNonRoot": true, "runAsUser": 65532,
				"seccompProfile": map[string]any{"type": "RuntimeDefault"}},
			"containers": []any{map[string]any{
				"name": "a", "image": "registry.example.com/runtime:1.0.0",
				"env":            []any{map[string]any{"name": "MODE", "value": "fast"}},
				"readinessProbe": map[string]any{"httpGet": map[string]any{"path": "/ready", "port": 8080}},
				"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "64Mi"},
					"limits": map[string]any{"memory": "64Mi"}},
				"securityContext": map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
					"capabilities": map[string]any{"drop": []any{"ALL"}}},
			}},
		},
	}
}

func container(pod map[string]any) map[string]any {
	return pod["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
}

// as makes another kind of object that makes the pod.
func as(kind string, pod map[string]any) map[string]any {
	labels := map[string]any{"app": "good"}
	spec := pod["spec"].(map[string]any)
	template := map[string]any{"metadata": map[string]any{"labels": labels}, "spec": spec}
	object := map[string]any{"metadata": map[string]any{"name": "good"}, "kind": kind}
	switch kind {
	case "Pod":
		return pod
	case "Deployment":
		object["apiVersion"], object["spec"] = "apps/v1",
			map[string]any{"selector": map[string]any{"matchLabels": labels}, "template": template}
	case "CronJob":
		spec["restartPolicy"] = "Never"
		object["apiVersion"], object["spec"] = "batch/v1",
			map[string]any{"schedule": "@daily",
				"jobTemplate": map[string]any{"spec": map[string]any{"template": template}}}
	}
	return object
}

// changes are bad changes to a good pod, by the one rule that refuses each: of
// several that refuse an object, the API server names any.
var changes = map[string]func(pod map[string]any){
	"security/pod-no-escalation": func(p map[string]any) {
		delete(container(p)["securityContext"].(map[string]any), "allowPrivilegeEscalation")
	},
	"security/pod-capabilities": func(p map[string]any) {
		delete(container(p)["securityContext"].(map[string]any),
			"capabilities")
	},
	"security/pod-not-root": func(p map[string]any) {
		p["spec"].(map[string]any)["securityContext"].(map[string]any)["runAsNonRoot"] = false
	},
	"security/pod-read-only": func(p map[string]any) {
		container(p)["securityContext"].(map[string]any)["readOnlyRootFilesystem"] = false
	},
	"security/pod-seccomp": func(p map[string]any) {
		delete(p["spec"].(map[string]any)["securityContext"].(map[string]any), "seccompProfile")
	},
	"security/pod-not-host": func(p map[string]any) { p["spec"].(map[string]any)["hostPID"] = true },
	"security/image-pinned": func(p map[string]any) { container(p)["image"] = "runtime:latest" },
	"security/no-literal-secrets": func(p map[string]any) {
		container(p)["env"] = []any{map[string]any{"name": "DB_PASSWORD", "value": "hunter2"}}
	},
	"reliability/pod-resources": func(p map[string]any) { delete(container(p), "resources") },
	"cost/gpu-ceiling": func(p map[string]any) {
		container(p)["resources"].(map[string]any)["limits"].(map[string]any)["nvidia.com/gpu"] = "8"
	},
}

// A privileged container may gain privileges too (Kubernetes refuses to hear
// otherwise), so this rule shows only where it is alone.
func TestARealAPIServerRefusesAPrivilegedPod(t *testing.T) {
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	rule, err := set.Rule("security/pod-not-privileged")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	bad := func() map[string]any {
		p := pod()
		c := container(p)["securityContext"].(map[string]any)
		c["privileged"], c["allowPrivilegeEscalation"] = true, true
		return p
	}
	s.enforce([]*policies.Rule{rule}, rule.ID, bad())
	for _, kind := range []string{"Pod", "Deployment", "CronJob"} {
		if err := s.judge(as(kind, pod())); err != nil {
			t.Errorf("a good %s is refused: %v", kind, err)
		}
		s.refused(as(kind, bad()), rule.ID+" ("+rule.Digest+")")
	}
}

func TestARealAPIServerRefusesWhatTheRulesRefuse(t *testing.T) {
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	hosted := pod()
	changes["security/pod-not-host"](hosted)
	s.enforce(set.Rules(), "security/pod-not-host", hosted)
	for _, kind := range []string{"Pod", "Deployment", "CronJob"} {
		if err := s.judge(as(kind, pod())); err != nil {
			t.Errorf("a good %s is refused: %v", kind, err)
		}
		for id, change := range changes {
			rule, err := set.Rule(id)
			if err != nil {
				t.Fatal(err)
			}
			bad := pod()
			change(bad)
			s.refused(as(kind, bad), id+" ("+rule.Digest+")")
		}
	}
	for id, object := range map[string]map[string]any{
		"security/config-holds-no-secrets": {"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "c"}, "data": map[string]any{"API_KEY": "x"}},
		"cost/autoscaler-ceiling": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
			"metadata": map[string]any{"name": "h"}, "spec": map[string]any{
				"maxReplicas": 1000, "scaleTargetRef": map[string]any{"apiVersion": "apps/v1",
					"kind": "Deployment", "name": "d"}}},
	} {
		s.refused(object, id)
	}
	out := s.must(s.kubectl("", "get", "validatingadmissionpolicy", "-l", "ashlar.dev/test="+s.namespace, "-o",
		"jsonpath={range .items[*]}{.metadata.name} {.status.typeChecking.expressionWarnings}{\"\\n\"}{end}"))
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if name, warnings, _ := strings.Cut(line, " "); strings.TrimSpace(warnings) != "" {
			t.Errorf("the API server warns of %s: %s", name, warnings)
		}
	}
}

// A container that joins a pod comes by a way of its own, which a rule about
// pods alone does not see. The pod is made before the rule is there, and no image
// of it has to run.
func TestARealAPIServerRefusesAContainerThatJoinsAPod(t *testing.T) {
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	made, err := json.Marshal(pod())
	if err != nil {
		t.Fatal(err)
	}
	s.must(s.kubectl(string(made), "create", "--namespace", s.namespace, "-f", "-"))
	hosted := pod()
	changes["security/pod-not-host"](hosted)
	hosted["metadata"].(map[string]any)["name"] = "other"
	s.enforce(set.Rules(), "security/pod-not-host", hosted)
	join := func(container map[string]any) error {
		var now map[string]any
		if err := json.Unmarshal([]byte(s.must(s.kubectl("", "get", "--namespace", s.namespace, "pod", "good", "-o",
			"json"))), &now); err != nil {
			t.Fatal(err)
		}
		now["spec"].(map[string]any)["ephemeralContainers"] = []any{container}
		text, err := json.Marshal(now)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.kubectl(string(text), "replace", "--raw", "/api/v1/namespaces/"+s.namespace+
			"/pods/good/ephemeralcontainers?dryRun=All", "-f", "-")
		return err
	}
	good := func() map[string]any {
		c := container(pod())
		delete(c, "resources") // an ephemeral container has none
		delete(c, "readinessProbe")
		c["name"] = "debug"
		return c
	}
	if err := join(good()); err != nil {
		t.Errorf("a good container may not join: %v", err)
	}
	for id, spoil := range map[string]func(map[string]any){
		"security/pod-no-escalation": func(c map[string]any) { c["securityContext"].(map[string]any)["allowPrivilegeEscalation"] = true },
		"security/pod-capabilities": func(c map[string]any) {
			c["securityContext"].(map[string]any)["capabilities"] = map[string]any{"add": []any{"SYS_ADMIN"}}
		},
		"security/pod-not-root": func(c map[string]any) { c["securityContext"].(map[string]any)["runAsUser"] = 0 },
		"security/image-pinned": func(c map[string]any) { c["image"] = "busybox" },
	} {
		c := good()
		spoil(c)
		s.await(id, func() error { return join(c) })
	}
}
