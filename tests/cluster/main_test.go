//go:build integration

// Package cluster proves on a real Kubernetes, with a real S3 server and a real
// PostgreSQL beside it, that what `ashlar-stack render` writes works: the built
// image trains a model in a pod, people approve it, and other pods serve it.
//
// The rendered network policies are enforced, too: the cluster's own network only
// takes note of them, so a test runs kube-router beside it.
//
// Package manifests lets an API server judge every manifest of every example;
// here one of them runs. The servers are on this machine, at the address by
// which the cluster's only node is known, so that pods and tests reach them by
// the same URLs.
package cluster

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// ground is what the proof needs.
type ground struct {
	kubectl  string
	node     string   // this machine's address as pods know it
	postgres *url.URL // of a server whose user may create databases, at node
	gateway  string   // the S3 server's binary
	loader   string   // a command with `load TAR`, which brings an image to the node
	root     string
	ashlar   string
	stack    string
	image    string // the runtime's, which the node has
}

// find skips the test, saying why, where a part is missing.
func find(t *testing.T) ground {
	t.Helper()
	set, missing := map[string]string{}, []string{}
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		missing = append(missing, "there is no kubectl on PATH")
	}
	needs := map[string]string{
		"KUBECONFIG":           "it names the cluster that runs the pods",
		"ASHLAR_TEST_POSTGRES": "it is the URL of a PostgreSQL on this machine that pods may reach",
		"ASHLAR_TEST_S3GW":     "it names the versitygw binary, the S3 server",
		"ASHLAR_TEST_CLUSTER":  "it names the command whose `load TAR` brings an image to the cluster",
	}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		if set[name] = os.Getenv(name); set[name] == "" {
			missing = append(missing, name+" is not set; "+needs[name])
		}
	}
	if len(missing) > 0 {
		t.Skip("skipped: " + strings.Join(missing, "\n"))
	}
	g := ground{kubectl: kubectl, gateway: set["ASHLAR_TEST_S3GW"],
		loader: set["ASHLAR_TEST_CLUSTER"], root: stack.Root(t)}
	g.node = g.must(t, "", "get", "nodes", "-o",
		`jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`)
	if g.postgres, err = url.Parse(set["ASHLAR_TEST_POSTGRES"]); err != nil {
		t.Fatalf("ASHLAR_TEST_POSTGRES: %v", err)
	}
	g.postgres.Host = net.JoinHostPort(g.node, g.postgres.Port())
	g.ashlar = ashlar.Build(t)
	if g.stack, err = stack.Build(t.Context(), g.root, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	g.image = g.load(t)
	return g
}

// eventually asks until the answer is no error, for a while.
func eventually(t *testing.T, within time.Duration, ask func() error) {
	t.Helper()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); ; <-tick.C {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(end) || t.Context().Err() != nil {
			t.Fatalf("after %s still: %v", within, err)
		}
	}
}

// client opens a connection a request, so that each goes through the Service's
// choice of a pod.
func client() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}
