//go:build integration

package cluster

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// How many requests are routed, and which share of them the new version is given.
const (
	routed  = 2000
	quarter = 25
)

// TestTrafficIsDividedByRequestsWhereTraefikIsTheRouter runs Traefik on this machine, in
// front of an endpoint that is exposed by it. Argo Rollouts looks for Traefik 2's kinds
// unless it is told otherwise, so this Rollout has a controller of its own.
func TestTrafficIsDividedByRequestsWhereTraefikIsTheRouter(t *testing.T) {
	g := find(t)
	tools := os.Getenv("ASHLAR_TEST_TOOLS")
	traefik := filepath.Join(tools, "traefik")
	if _, err := os.Stat(traefik); tools == "" || err != nil {
		t.Skip("skipped: there is no Traefik; `make routes` builds it")
	}
	if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io", "cronworkflows.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	g.must(t, "", "apply", "--server-side", "--force-conflicts", "-f", filepath.Join(tools, "traefik-crds"))
	s := renderOf(t, g, g.exposedExample(t), true)
	s.controlled(t)
	s.bring(t, s.server.keys)
	s.must(t, "", append([]string{"apply"}, s.applied()...)...)
	s.upload(t, s.server.location())
	s.migrated(t)
	s.train(t)
	v := s.show(t, "--registry", s.registry)
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--registry", s.registry)
	s.becomeReady(t, v)
	s.calling(t, "http://unused") // the key is made, and pods know it
	way := g.traefik(t, traefik)
	row := s.requests(t, 1)[0]
	eventually(t, patience, func() error {
		if code, text, err := way.ask("/predict", s.key, row); err != nil || code != http.StatusOK {
			return fmt.Errorf("%d %s %w", code, text, err)
		}
		return nil
	})
	for path, want := range map[string]int{"/metrics": 404, "/release/judge": 404, "/drift": 404, "/schema": 200} {
		if code, _, err := way.ask(path, s.key, nil); err != nil || code != want {
			t.Errorf("%s answers %d %v, want %d", path, code, err, want)
		}
	}
	before := s.counts(t)
	// Another pod template is another version to Argo Rollouts.
	s.must(t, "", "-n", s.namespace, "patch", "rollout", endpoint, "--type", "merge", "-p",
		`{"spec":{"template":{"metadata":{"annotations":{"proof.test/version":"two"}}}}}`)
	eventually(t, patience, func() error {
		weights := s.must(t, "", "-n", s.namespace, "get", "traefikservice", endpoint, "-o",
			"jsonpath={range .spec.weighted.services[*]}{.name}={.weight} {end}")
		want := fmt.Sprintf("%[1]s-stable=%[2]d %[1]s-canary=%[3]d", endpoint, 100-quarter, quarter)
		if strings.TrimSpace(weights) != want {
			return fmt.Errorf("the weights are %s, want %s", weights, want)
		}
		return nil
	})
	time.Sleep(5 * time.Second) // Traefik reads them every two seconds at most
	s.divides(t, way, row, before)
}

// controlled starts another controller of Argo Rollouts, which knows Traefik 3, for the
// Rollouts of this site: the cluster's own leaves those alone that bear an instance's label.
func (s *site) controlled(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("rollouts-controller")
	if err != nil {
		t.Skip("skipped: the controller of Argo Rollouts is not on PATH")
	}
	file := filepath.Join(s.folder("manifests"), s.namespace, "rollout-"+endpoint+".yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const labels = "\n  labels:\n"
	if !strings.Contains(string(text), labels) {
		t.Fatalf("%s has no labels where they were:\n%s", file, text)
	}
	text = []byte(strings.Replace(string(text), labels,
		labels+"    argo-rollouts.argoproj.io/controller-instance-id: "+s.name+"\n", 1))
	if err := os.WriteFile(file, text, 0o600); err != nil { //nolint:gosec // a test's own folder
		t.Fatal(err)
	}
	port := func() string {
		_, port, err := net.SplitHostPort(s.free(t))
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	started(t, program, "--kubeconfig", os.Getenv("KUBECONFIG"), "--leader-elect=false", "--instance-id", s.name,
		"--healthzPort", port(), "--metricsport", port(), "--traefik-api-group=traefik.io",
		"--traefik-api-version=traefik.io/v1alpha1")
}

// divides asks, and holds the share of requests that pods answered which were not there
// before against the weight.
func (s *site) divides(t *testing.T, w way, row []byte, before map[string]float64) {
	t.Helper()
	for i := range routed {
		if code, text, err := w.ask("/predict", s.key, row); err != nil || code != http.StatusOK {
			t.Fatalf("request %d failed: %d %v %s", i, code, err, text)
		}
		time.Sleep(12 * time.Millisecond) // the example's callers have 100 a second
	}
	old, fresh := 0.0, 0.0
	for name, count := range s.counts(t) {
		if was, stable := before[name]; stable {
			old += count - was
		} else {
			fresh += count
		}
	}
	if old+fresh < routed {
		t.Errorf("the pods counted %v and %v of %d requests", old, fresh, routed)
	}
	if share := 100 * fresh / (old + fresh); math.Abs(share-quarter) > 2 {
		t.Errorf("the new version had %.1f %% of the requests, want %d", share, quarter)
	}
}

// exposedExample is the example with a canary that waits at a quarter, and a way in.
func (g ground) exposedExample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(g.root, example))); err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, shippedStrategy, fmt.Sprintf(`strategy: canary: steps: [{setWeight: %d}, {pause: "manual"}]`, quarter))
	rewrite(t, dir, `expose: {host: "scoring.example.com", via: "ingress", tls: existing: true}`,
		fmt.Sprintf(`expose: {host: %q, router: "traefik"}`, wayHost))
	return dir
}

// wayHost is the host that the endpoint is exposed at.
const wayHost = "scoring.proof.test"

// way is Traefik, at an address of this machine.
type way struct{ address string }

// traefik runs Traefik, which reads the cluster by KUBECONFIG, until the test ends.
func (g ground) traefik(t *testing.T, program string) way {
	t.Helper()
	address := g.free(t)
	started(t, program, "--providers.kubernetescrd=true", "--entrypoints.web.address="+address,
		"--global.checknewversion=false", "--global.sendanonymoususage=false", "--log.level=INFO")
	return way{address}
}

// ask sends a request to the host, with a key: a row to predict, or a question.
func (w way) ask(path, key string, row []byte) (code int, text string, err error) {
	method := http.MethodGet
	if row != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, "http://"+w.address+path, bytes.NewReader(row))
	if err != nil {
		return 0, "", err
	}
	request.Host = wayHost
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// counts are how many predictions each ready pod has answered, by its name.
func (s *site) counts(t *testing.T) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, p := range s.pods(t, s.namespace, serving) {
		if p.ready() {
			out[p.Metadata.Name] = counted(t, p.operators(), "model_predictions_total")
		}
	}
	return out
}
