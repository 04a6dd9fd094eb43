//go:build integration

package cluster

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Addresses of the world, of the ranges for documentation (RFC 5737).
const (
	internet   = "198.51.100.7"
	mailServer = "192.0.2.25"
	otherMail  = "192.0.2.26"
	mlflow     = "192.0.2.40"
	hook       = "192.0.2.41"
	metadata   = "169.254.169.254"
)

// arena is the example on the cluster, with probes that carry the labels of its
// workloads, and everything beside it that they may or may not reach.
type arena struct {
	*site
	world  world
	duties map[string]*probe
	// Pods that are none of the blueprint's duties: of its namespace, and of
	// namespaces of others.
	idle, foreign, lineage, dns, lookalike *probe
}

// TestNetworkPoliciesAreEnforced lets kube-router enforce the policies that were
// rendered, and tries from pods of every duty, and from others, what each needs
// and what it does not. With the policies gone all of it gets through, so it is
// they that hold it back. Then the real workloads do their work behind them.
func TestNetworkPoliciesAreEnforced(t *testing.T) {
	g := find(t)
	if os.Getenv("ASHLAR_TEST_ENFORCER") == "" {
		t.Skip("ASHLAR_TEST_ENFORCER is not set; `make networkpolicies` builds kube-router and runs this test")
	}
	if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io") {
		t.Fatal("the cluster does not have Argo's resources")
	}
	binary, image := g.buildProbe(t)
	// First the world: what the enforcer lets out must not leave the machine.
	w := g.world(t, binary, "22", "80", "443", "465", "587", "5000", "5432", "6443", "8443", g.postgres.Port())
	g.enforcer(t)
	a := g.arena(t, image, w)
	rows := a.trials(t)
	t.Run("enforced", func(t *testing.T) { judge(t, rows, needed) })
	a.must(t, "", "-n", a.namespace, "delete", "networkpolicy", "--all")
	t.Run("without policies", func(t *testing.T) { judge(t, rows, open) })
	for _, p := range a.duties {
		p.gone() // the Service would take it for an endpoint
	}
	a.must(t, "", append([]string{"apply"}, a.applied()...)...)
	t.Run("the workloads behind them", a.works)
}

// arena makes what is tried, and from where.
func (g ground) arena(t *testing.T, image string, w world) *arena {
	t.Helper()
	id := "proof-" + strings.ToLower(rand.Text()[:6])
	tools, others := g.namespaceFor(t, id+"-tools"), g.namespaceFor(t, id+"-others")
	dir := g.talkative(t, "http://lineage."+tools+".svc:5000/api")
	a := &arena{site: deployOf(t, g, dir, true, "mailServer="+mailServer+":587"), world: w, duties: map[string]*probe{}}
	a.upload(t, a.server.location())
	for duty, l := range a.site.duties(t) {
		switch duty {
		case "serving", "train", "register", "finish", "drift", "retention":
			a.duties[duty] = g.probe(t, image, a.namespace, "probe-"+duty, l, "tcp:8080", "tcp:8081", "tcp:9000")
		}
	}
	names := labels{"k8s-app": "kube-dns"}
	a.idle = g.probe(t, image, a.namespace, "probe-idle", labels{"app": "idle"}, "tcp:8080")
	a.foreign = g.probe(t, image, others, "foreign", labels{"app": "client"}, "tcp:8080")
	a.lookalike = g.probe(t, image, others, "lookalike", names, "dns:53")
	a.lineage = g.probe(t, image, tools, "lineage", labels{"app": "lineage"}, "tcp:5000", "tcp:8080")
	a.dns = g.probe(t, image, "kube-system", id+"-dns", names, "dns:53")
	return a
}

// talkative writes the example as a blueprint that tells trackers and a webhook,
// with a model that is soon trained.
func (g ground) talkative(t *testing.T, lineage string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "credit")
	g.command(t, g.ashlar, "init", dir, "--example", "credit")
	edited(t, filepath.Join(dir, "credit.cue"), map[string]string{
		"n_estimators: 100": "n_estimators: 10",
		`on_failure: email: ["oncall@example.com"]`: `on_failure: {email: ["oncall@example.com"], webhook: "https://` +
			hook + `:8443/failed"}`,
		"\tslos: {\n": "\ttracking: {mlflow: uri: \"http://" + mlflow +
			":5000\", openlineage: url: \"" + lineage + "\"}\n\n\tslos: {\n",
	})
	return dir
}

// edited replaces each text in the file, which must occur there once.
func edited(t *testing.T, file string, edits map[string]string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for from, to := range edits {
		if n := strings.Count(text, from); n != 1 {
			t.Fatalf("%q occurs %d times in the blueprint", from, n)
		}
		text = strings.Replace(text, from, to, 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// works runs the workloads of the blueprint behind its policies: the graph of
// stages, the pods that serve, and the daily and hourly jobs.
func (a *arena) works(t *testing.T) {
	s := a.site
	s.migrated(t)
	s.train(t)
	v := s.show(t, "--registry", s.registry)
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--registry", s.registry)
	pods := s.becomeReady(t, v)
	s.job(t, "drift-"+endpoint)
	s.job(t, "retention-data")
	// From within a pod that serves, not from one that has its labels.
	self := within{process: processOf(t, pods[0]), probe: a.world.probe}
	const who = "the pod that serves"
	judge(t, []trial{
		{who, self, "PostgreSQL", "connect " + s.postgres.Host, true},
		{who, self, "S3", "connect " + s.server.address, true},
		{who, self, "the internet by HTTPS", connect(internet, "443"), false},
		{who, self, "instance metadata", connect(metadata, "80"), false},
	}, needed)
}
