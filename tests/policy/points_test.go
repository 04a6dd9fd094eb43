//go:build integration

package policy

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// A bucket in the clear that everybody may read, and a pod with the host's
// powers: one change, told by every point that it comes by, each naming the
// digest of the one rule that all of them hold.
func TestABadChangeIsRefusedAtEveryPointThatItComesBy(t *testing.T) {
	bucket := []string{"security/bucket-encrypted", "security/bucket-not-public"}
	pod := "security/pod-not-privileged"
	digests := digestsOf(t, append(bucket, pod)...)
	e := newEngine(t)
	cli := ashlar.Build(t)

	before := e.pulumi("preview", "--json", "--stack", "prod")
	refused := checkedByCLI(t, cli, before)
	said, err := e.try("preview", "--stack", "prod", "--policy-pack", e.shippedPack())
	if err == nil {
		t.Errorf("the engine previews the bad stack:\n%s", said)
	}
	for id, digest := range digests {
		if refused[id] != digest {
			t.Errorf("the CLI says digest %q of %s, which is %s", refused[id], id, digest)
		}
		if !strings.Contains(said, id) || !strings.Contains(said, digest) {
			t.Errorf("the engine does not say %s %s:\n%s", id, digest, said)
		}
	}

	e.pulumi("config", "set", "good", "true", "--stack", "prod")
	after := e.pulumi("preview", "--json", "--stack", "prod")
	for id := range checkedByCLI(t, cli, after) {
		if _, ours := digests[id]; ours {
			t.Errorf("put right, the CLI still refuses by %s", id)
		}
	}

	t.Run("the API server", func(t *testing.T) {
		s := newServer(t)
		set, err := policies.New(policies.Shipped()...)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := set.Rule(pod)
		if err != nil {
			t.Fatal(err)
		}
		bad := deployment(t, before)
		s.enforce([]*policies.Rule{rule}, pod, bad)
		s.refused(bad, pod+" ("+digests[pod]+")")
		if err := s.judge(deployment(t, after)); err != nil {
			t.Errorf("put right, the API server still refuses: %v", err)
		}
	})
}

func digestsOf(t *testing.T, ids ...string) map[string]string {
	t.Helper()
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, id := range ids {
		rule, err := set.Rule(id)
		if err != nil {
			t.Fatal(err)
		}
		out[id] = rule.Digest
	}
	return out
}

// checkedByCLI are the rules that refuse what a preview recorded, with their digests.
func checkedByCLI(t *testing.T, cli, preview string) map[string]string {
	t.Helper()
	cmd := exec.Command(cli, "policy", "check", "-", "--env", "prod", "--output", "json")
	cmd.Stdin, cmd.Stderr, cmd.Dir = strings.NewReader(preview), os.Stderr, t.TempDir()
	text, _ := cmd.Output() // exit code 1 is a finding
	var said struct {
		Files    []struct{ Resources int }
		Findings []policies.Finding
	}
	if err := json.Unmarshal(text, &said); err != nil || len(said.Files) != 1 || said.Files[0].Resources == 0 {
		t.Fatalf("policy check: %v\n%s", err, text)
	}
	out := map[string]string{}
	for _, f := range said.Findings {
		if f.Refuses() {
			out[f.Policy] = f.Digest
		}
	}
	return out
}

// deployment is the Deployment that a preview is about to make.
func deployment(t *testing.T, preview string) map[string]any {
	t.Helper()
	var said struct {
		Steps []struct {
			NewState struct {
				Type   string
				Inputs map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(preview), &said); err != nil {
		t.Fatal(err)
	}
	for _, s := range said.Steps {
		if s.NewState.Type == "kubernetes:apps/v1:Deployment" {
			object := s.NewState.Inputs
			object["metadata"] = map[string]any{"name": "scoring"}
			return object
		}
	}
	t.Fatal("the preview makes no Deployment")
	return nil
}
