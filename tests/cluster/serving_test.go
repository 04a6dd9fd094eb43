//go:build integration

package cluster

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// asked is how many rows the proof asks for.
const asked = 50

func TestAPodServesWhatAnotherTrainedOncePeopleApprove(t *testing.T) {
	g := find(t)
	t.Run("with Argo", func(t *testing.T) {
		if !g.has(t, "rollouts.argoproj.io", "workflowtemplates.argoproj.io", "cronworkflows.argoproj.io") {
			t.Skip("skipped: the cluster has not Argo's resources")
		}
		deploy(t, g, true).prove(t)
	})
	t.Run("with Kubernetes alone", func(t *testing.T) { deploy(t, g, false).prove(t) })
}

func (s *site) prove(t *testing.T) {
	s.migrated(t)
	s.train(t)
	v := s.show(t, "--registry", s.registry)
	if v.Status != "pending" || v.Author != "pipeline/"+pipeline {
		t.Fatalf("the pipeline registered %+v", v)
	}

	s.refusesToServe(t)
	s.refusesApproval(t, v.Author, "other than the author")
	s.refusesApproval(t, "mallory", "approvers")
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--comment",
		"reviewed", "--registry", s.registry)
	serving := s.becomeReady(t, v)

	rows := s.requests(t, asked)
	answers := predictions(t, s.calling(t, s.address(t)), rows)
	total := 0.0
	for _, p := range serving {
		total += counted(t, p.operators(), "model_predictions_total")
	}
	if total != asked {
		t.Errorf("the pods counted %v predictions of %d", total, asked)
	}
	t.Run("as a laptop does", func(t *testing.T) { s.likeALaptop(t, v, rows, answers) })
	t.Run("confined", func(t *testing.T) { s.confined(t, serving[0]) })
	t.Run("and a pod in its place as well", func(t *testing.T) { s.replaced(t, v, serving, rows, answers) })
	t.Run("watched", func(t *testing.T) { s.job(t, "drift-"+endpoint) })
	t.Run("whatever is applied again", s.appliedAgain)
	s.command(t, s.ashlar, "model", "audit", "--verify", "--registry", s.registry)
}

// refusesToServe asserts that pods run and say what they wait for, and that the
// Service sends nobody to them.
func (s *site) refusesToServe(t *testing.T) {
	t.Helper()
	eventually(t, patience, func() error {
		running := s.pods(t, s.namespace, serving)
		if len(running) == 0 {
			return fmt.Errorf("the endpoint has no pods")
		}
		for _, p := range running {
			if p.ready() {
				t.Fatalf("pod %s is ready though nobody approved", p.Metadata.Name)
			}
			if p.Status.PodIP == "" {
				return fmt.Errorf("pod %s is %s", p.Metadata.Name, p.Status.Phase)
			}
			code, said, err := readiness(t, p.address())
			if err != nil {
				return err
			}
			if code != http.StatusServiceUnavailable || !strings.Contains(said.Reason, "approv") {
				return fmt.Errorf("pod %s: %d %+v; want it to wait for an approval", p.Metadata.Name, code, said)
			}
			at := s.calling(t, p.address()) + "/predict"
			if code, text, err := ask(t, http.MethodPost, at, s.requests(t, 1)[0]); err != nil ||
				code != http.StatusServiceUnavailable {
				t.Fatalf("pod %s predicts unapproved: %d %v %s", p.Metadata.Name, code, err, text)
			}
		}
		return nil
	})
	if code, text, err := ask(t, http.MethodPost, s.calling(t, s.address(t))+"/predict", s.requests(t, 1)[0]); err == nil {
		t.Errorf("the Service leads to a pod that is not ready: %d %s", code, text)
	}
}

// refusesApproval asserts that somebody may not approve.
func (s *site) refusesApproval(t *testing.T, by, why string) {
	t.Helper()
	if said, err := s.try(t, s.ashlar, "model", "approve", model, "1", "--by", by, "--registry",
		s.registry); err == nil || !strings.Contains(said, why) {
		t.Errorf("approved by %s: %v\n%s", by, err, said)
	}
}

// becomeReady waits until every pod serves the version, without a restart, and
// returns the pods.
func (s *site) becomeReady(t *testing.T, v version) []pod {
	t.Helper()
	var out []pod
	eventually(t, patience, func() error {
		out = s.pods(t, s.namespace, serving)
		if len(out) < 3 { // production's least
			return fmt.Errorf("%d pods of 3", len(out))
		}
		for _, p := range out {
			if !p.ready() {
				return fmt.Errorf("pod %s is not ready", p.Metadata.Name)
			}
			if err := s.serves(t, p, v); err != nil {
				return err
			}
		}
		_, _, err := readiness(t, s.address(t))
		return err
	})
	return out
}

// serves returns how a pod differs from what the registry holds.
func (s *site) serves(t *testing.T, p pod, v version) error {
	t.Helper()
	code, said, err := readiness(t, p.address())
	if err == nil && (code != http.StatusOK || said.Model != v.Model || said.Version != v.Version ||
		said.Digest != v.ModelDigest) {
		err = fmt.Errorf("pod %s: %d %+v; the registry holds %+v", p.Metadata.Name, code, said, v)
	}
	return err
}

// likeALaptop asserts that the same blueprint on this machine gives the same
// model to the bit, and the same answers to the letter.
func (s *site) likeALaptop(t *testing.T, v version, rows [][]byte, answers []string) {
	state := filepath.Join(t.TempDir(), "state")
	dir := filepath.Join(s.root, example)
	if said, err := s.try(t, s.ashlar, "up", dir, "--env", environment, "--build", "--state", state, "--as",
		"ada"); err == nil || !strings.Contains(said, "not approved") {
		t.Fatalf("a model of production that nobody approved: %v\n%s", err, said)
	}
	if local := s.show(t, "--state", state); local.ModelDigest != v.ModelDigest || v.ModelDigest == "" {
		t.Errorf("the cluster trained %s, this machine %s", v.ModelDigest, local.ModelDigest)
	}
	s.command(t, s.ashlar, "model", "approve", model, "1", "--by", "risk-officers", "--state", state)
	key := s.newKey(t, "--state", state, "--dir", dir)
	up, err := ashlar.Up(s.ashlar, dir, "--env", environment, "--state", state)
	if err != nil {
		t.Fatal(err)
	}
	if here := predictions(t, withKey(up.URL, key), rows); !slices.Equal(here, answers) {
		t.Errorf("the cluster answered\n%s\nthis machine\n%s", answers[0], here[0])
	}
	if err := up.Stop(); err != nil {
		t.Error(err)
	}
}
