//go:build integration

package cluster

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// buildProbe builds the probe for this machine and brings it to the node. It
// returns the binary and the image.
func (g ground) buildProbe(t *testing.T) (binary, image string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "probe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./tests/cluster/probe")
	cmd.Dir = g.root
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the probe: %v\n%s", err, out)
	}
	return binary, g.packed(t, binary)
}

// probe is a pod that runs it.
type probe struct {
	g               ground
	namespace, name string
	ip              string
}

// probe starts a pod with the labels, as confined as Ashlar's own are, that
// listens as said.
func (g ground) probe(t *testing.T, image, namespace, name string, labels map[string]string, serves ...string) *probe {
	t.Helper()
	type object = map[string]any
	manifest := object{
		"apiVersion": "v1", "kind": "Pod", "metadata": object{"namespace": namespace, "name": name, "labels": labels},
		"spec": object{
			"automountServiceAccountToken": false, "terminationGracePeriodSeconds": 1,
			"securityContext": object{
				"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": object{"type": "RuntimeDefault"},
				// For DNS.
				"sysctls": []any{object{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}},
			},
			"containers": []any{object{
				"name": "probe", "image": image, "command": append([]string{"/bin/probe", "serve"}, serves...),
				"resources": object{"requests": object{"cpu": "10m", "memory": "32Mi"},
					"limits": object{"memory": "64Mi"}},
				"securityContext": object{
					"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
					"capabilities": object{"drop": []string{"ALL"}},
				},
			}},
		},
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	g.must(t, string(text), "apply", "-f", "-")
	p := &probe{g: g, namespace: namespace, name: name}
	t.Cleanup(p.gone)
	eventually(t, patience, func() error {
		is := get[pod](t, g, "-n", namespace, "pod", name)
		if p.ip = is.Status.PodIP; !is.ready() || p.ip == "" {
			return fmt.Errorf("pod %s of %s is %s", name, namespace, is.Status.Phase)
		}
		return nil
	})
	return p
}

// gone deletes the pod and waits for its end. The test's context may have ended.
func (p *probe) gone() {
	_ = exec.Command(p.g.kubectl, "-n", p.namespace, "delete", "pod", p.name,
		"--ignore-not-found", "--timeout=60s").Run()
}

// probing is the command that tries from the pod.
func (p *probe) probing(attempts []string) []string {
	return append([]string{p.g.kubectl, "-n", p.namespace, "exec", p.name, "--", "/bin/probe", "try"}, attempts...)
}

// within is the network of a process, from which the probe on this machine tries.
type within struct{ process, probe string }

func (w within) probing(attempts []string) []string {
	return append([]string{"nsenter", "--net=" + w.process + "/ns/net", w.probe, "try"}, attempts...)
}

// namespaceFor makes a namespace of nobody's blueprint.
func (g ground) namespaceFor(t *testing.T, name string) string {
	t.Helper()
	g.must(t, "", "create", "namespace", name)
	t.Cleanup(func() {
		_ = exec.Command(g.kubectl, "delete", "namespace", name, "--ignore-not-found", "--wait=false").Run()
	})
	eventually(t, patience, func() error {
		_, err := g.run(t, "", "-n", name, "get", "serviceaccount", "default")
		return err
	})
	return name
}

type labels = map[string]string

// labelled is an object that has a pod's metadata.
type labelled struct{ Metadata struct{ Labels labels } }

// duties are the labels of each workload's pods, as they were rendered.
func (s *site) duties(t *testing.T) map[string]labels {
	t.Helper()
	cron := func(name string) labels {
		return get[struct {
			Spec struct {
				JobTemplate struct{ Spec struct{ Template labelled } }
			}
		}](t, s.ground, "-n", s.namespace, "cronjob", name).Spec.JobTemplate.Spec.Template.Metadata.Labels
	}
	out := map[string]labels{"drift": cron("drift-" + endpoint), "retention": cron("retention-data")}
	out["serving"] = get[struct {
		Spec struct{ Template labelled }
	}](t, s.ground, "-n", s.namespace, "rollout", endpoint).Spec.Template.Metadata.Labels
	for _, one := range get[struct {
		Spec struct {
			Templates []struct {
				Name string
				labelled
			}
		}
	}](t, s.ground, "-n", s.namespace, "workflowtemplate", pipeline).Spec.Templates {
		out[one.Name] = one.Metadata.Labels // of stages, and of finish
	}
	for _, duty := range []string{"serving", "train", "register", "finish", "drift", "retention"} {
		if len(out[duty]) < 3 {
			t.Fatalf("the pods of %s have the labels %v", duty, out[duty])
		}
	}
	return out
}
