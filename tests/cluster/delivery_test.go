//go:build integration

package cluster

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// TestASecondSyncChangesNothing delivers a signed bundle with Flux' own libraries, the
// generated objects and a registry, to the cluster with Argo Rollouts: endpoints wait for
// the migration, the delivery for endpoints that are healthy, and once other controllers
// have changed what is theirs, a second sync has nothing to do.
func TestASecondSyncChangesNothing(t *testing.T) {
	flux := filepath.Join(os.Getenv("ASHLAR_TEST_TOOLS"), "flux-apply")
	if _, err := os.Stat(flux); err != nil {
		t.Skip("skipped: there is no flux-apply in ASHLAR_TEST_TOOLS; `make delivery` builds it")
	}
	g := find(t)
	if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io", "cronworkflows.argoproj.io") {
		t.Skip("skipped: the cluster has not Argo's resources")
	}
	s := renderOf(t, g, example, true)
	s.bring(t, s.server.keys)
	s.upload(t, s.server.location())
	d := &delivered{site: s, flux: flux, dir: t.TempDir()}
	d.push(t)

	first := d.sync(t)
	eventually(t, patience, func() error {
		_, err := s.run(t, "", "-n", s.namespace, "get", "rollout/"+endpoint, "workflowtemplate/"+pipeline)
		return err
	})
	s.train(t)
	if ended(first) {
		t.Fatalf("the delivery ended before a model was approved:\n%s", first.said.String())
	}
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers",
		"--comment", "reviewed", "--registry",
		s.registry)
	changed := first.changed(t)
	if len(changed) < 40 || slices.ContainsFunc(changed,
		func(c string) bool {
			return strings.HasSuffix(c, "unchanged") &&
				!strings.Contains(c, "Namespace/")
		}) {
		t.Errorf("the first sync did\n%s", strings.Join(changed, "\n"))
	}
	d.inOrder(t)
	d.ownedByOthers(t)
	for _, c := range d.sync(t).changed(t) {
		if !strings.HasSuffix(c, " unchanged") {
			t.Errorf("the second sync: %s", c)
		}
	}
	d.ownedByOthers(t)

	// Somebody changes what is the bundle's, and gets it back.
	s.must(t, "", "-n", s.namespace, "patch", "hpa", endpoint, "--type=merge", "-p", `{"spec":{"maxReplicas":7}}`)
	back := slices.DeleteFunc(d.sync(t).changed(t), func(c string) bool { return strings.HasSuffix(c, " unchanged") })
	if len(back) != 1 || !strings.Contains(back[0], "HorizontalPodAutoscaler") ||
		!strings.HasSuffix(back[0], " configured") {
		t.Errorf("after a change by hand the sync did %q", back)
	}
}

// delivered is a site that Flux delivers.
type delivered struct {
	*site
	flux, dir string
}

// push pushes the signed bundle to a registry of the test's, twice, and writes what
// delivers it.
func (d *delivered) push(t *testing.T) {
	t.Helper()
	hub := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(hub.Close)
	url := "oci" + strings.TrimPrefix(hub.URL, "http") + "/acme/credit:1"
	private, public := d.keys(t)
	var pushed struct {
		Already, Signed bool
		Objects         int
	}
	for i := range 2 {
		text := d.output(t, "bundle", "push", url, "--from", d.manifests, "--key", private, "--output", "json")
		if err := json.Unmarshal(text, &pushed); err != nil || pushed.Already != (i == 1) || !pushed.Signed ||
			pushed.Objects < 40 {
			t.Fatalf("push %d: %v\n%s", i+1, err, text)
		}
	}
	d.output(t, "bundle", "verify", url, "--key", public)
	d.output(t, "generate", "delivery", url, "--for", "flux", "--from", d.manifests, "--key", public, "--out",
		filepath.Join(d.dir, "flux.yaml"))
}

// output runs the CLI and returns its standard output alone.
func (d *delivered) output(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), d.ashlar, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ashlar %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out
}

// keys writes a pair of keys.
func (d *delivered) keys(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := x509.MarshalPKCS8PrivateKey(key)
	b, err2 := x509.MarshalPKIXPublicKey(key.Public())
	private, public = filepath.Join(d.dir, "bundle.key"), filepath.Join(d.dir, "bundle.pub")
	if err := errors.Join(err1, err2,
		os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a}), 0o600),
		os.WriteFile(public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}), 0o600)); err != nil {
		t.Fatal(err)
	}
	return private, public
}

// syncing is a sync under way.
type syncing struct {
	cmd  *exec.Cmd
	said bytes.Buffer
	done chan error
}

// sync starts a sync.
func (d *delivered) sync(t *testing.T) *syncing {
	t.Helper()
	s := &syncing{cmd: exec.CommandContext(t.Context(), d.flux, filepath.Join(d.dir, "flux.yaml")),
		done: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	return s
}

// ended reports whether the sync has.
func ended(s *syncing) bool {
	select {
	case err := <-s.done:
		s.done <- err
		return true
	default:
		return false
	}
}

// changed waits for the sync's end and returns what it did to each object.
func (s *syncing) changed(t *testing.T) []string {
	t.Helper()
	select {
	case err := <-s.done:
		if err != nil {
			t.Fatalf("%v\n%s", err, s.said.String())
		}
	case <-time.After(patience):
		t.Fatalf("the sync does not end")
	}
	return strings.Split(strings.TrimSpace(s.said.String()), "\n")
}

// inOrder asserts that the endpoint came after the end of the migration.
func (d *delivered) inOrder(t *testing.T) {
	t.Helper()
	jobs := get[struct {
		Items []struct {
			Status struct{ CompletionTime time.Time }
		}
	}](t, d.ground, "-n", d.system, "jobs", "-l", "app.kubernetes.io/component=migrate")
	rollout := get[struct {
		Metadata struct{ CreationTimestamp time.Time }
	}](t, d.ground, "-n", d.namespace, "rollout", endpoint)
	if len(jobs.Items) != 1 || jobs.Items[0].Status.CompletionTime.After(rollout.Metadata.CreationTimestamp) {
		t.Errorf("the migration %+v ended after the endpoint began at %s", jobs.Items,
			rollout.Metadata.CreationTimestamp)
	}
}

// ownedByOthers asserts that the autoscaler's replicas and the Rollout's selectors are
// there, which are not in the bundle. A fourth pod is what load would have asked for.
func (d *delivered) ownedByOthers(t *testing.T) {
	t.Helper()
	scale := get[struct{ Spec struct{ Replicas int } }](t, d.ground, "-n", d.namespace, "rollout", endpoint)
	if scale.Spec.Replicas < 3 {
		t.Errorf("there are %d replicas; the autoscaler wants 3", scale.Spec.Replicas)
	}
	if scale.Spec.Replicas == 3 {
		d.must(t, "", "-n", d.namespace, "patch", "rollout", endpoint, "--field-manager=kube-controller-manager",
			"--subresource=scale", "--type=merge", "-p", `{"spec":{"replicas":4}}`)
		eventually(t, patience, func() error {
			now := get[struct{ Status struct{ ReadyReplicas int } }](t, d.ground, "-n",
				d.namespace, "rollout", endpoint)
			if now.Status.ReadyReplicas != 4 {
				return fmt.Errorf("%d replicas are ready", now.Status.ReadyReplicas)
			}
			return nil
		})
	}
	for _, name := range []string{"stable", "canary"} {
		service := get[struct {
			Spec struct{ Selector map[string]string }
		}](t, d.ground, "-n", d.namespace, "service",
			endpoint+"-"+name)
		if service.Spec.Selector["rollouts-pod-template-hash"] == "" {
			t.Errorf("Service %s selects by %v, and not one version", name, service.Spec.Selector)
		}
	}
}
