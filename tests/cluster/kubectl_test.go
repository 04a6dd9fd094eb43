//go:build integration

package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// run returns what kubectl printed.
func (g ground) run(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), g.kubectl, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

func (g ground) must(t *testing.T, input string, args ...string) string {
	t.Helper()
	said, err := g.run(t, input, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return said
}

// get reads objects of the cluster as T.
func get[T any](t *testing.T, g ground, args ...string) T {
	t.Helper()
	var out T
	text := g.must(t, "", append([]string{"get", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// has reports whether the cluster knows all of the resources.
func (g ground) has(t *testing.T, resources ...string) bool {
	t.Helper()
	said, err := g.run(t, "", "get", "crd", "--ignore-not-found", "-o", "name")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(said)
	return !slices.ContainsFunc(resources, func(r string) bool {
		return !slices.Contains(known, "customresourcedefinition.apiextensions.k8s.io/"+r)
	})
}

// pod is what the proof asks of a pod.
type pod struct {
	Metadata struct {
		Name, UID         string
		DeletionTimestamp string
	}
	Status struct {
		Phase, PodIP string
		Conditions   []struct{ Type, Status string }
	}
}

func (p pod) ready() bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c struct{ Type, Status string }) bool {
		return c.Type == "Ready" && c.Status == "True"
	})
}

// pods returns those that carry the labels and are not on their way out, by name.
func (g ground) pods(t *testing.T, namespace, selector string) []pod {
	t.Helper()
	all := get[struct{ Items []pod }](t, g, "pods", "-n", namespace, "-l", selector).Items
	return slices.DeleteFunc(all, func(p pod) bool { return p.Metadata.DeletionTimestamp != "" })
}

// explain shows, once the test has failed, what the cluster says of a namespace.
func (g ground) explain(t *testing.T, namespace string) {
	if !t.Failed() {
		return
	}
	const script = `k=$1 n=$2
$k -n $n get pods,jobs,workflows,rollouts,endpointslices -o wide
$k -n $n get events --sort-by=.lastTimestamp | tail -40
for p in $($k -n $n get pods -o name); do echo "== $p"; $k -n $n logs --all-containers --tail=40 $p; done`
	// The test's context has ended by now. What cannot be had is said in its place.
	said, _ := exec.Command("bash", "-c", script, "explain", g.kubectl, namespace).CombinedOutput()
	t.Logf("namespace %s:\n%s", namespace, said)
}
