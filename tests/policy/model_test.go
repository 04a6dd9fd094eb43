//go:build integration

package policy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// A model that nobody approved, and one that is unfair: the runtime does not
// serve the one nor register the other, and the CLI promotes neither, by rules
// of the same digests. Approved, and fair, it passes everywhere.
func TestAModelThatMayNotServeIsRefusedAtEveryPointThatItComesBy(t *testing.T) {
	digests := digestsOf(t, "governance/approved-by-people", "governance/fairness-floor")
	s := shop{t, ashlar.Build(t), t.TempDir()}
	run, dir := s.run, s.dir
	names := func(said, id string) {
		t.Helper()
		if !strings.Contains(said, id+" ("+digests[id][:len("sha256:")+12]+")") {
			t.Errorf("%s %s does not object:\n%s", id, digests[id], said)
		}
	}
	const approved, fair = "governance/approved-by-people", "governance/fairness-floor"
	run(0, "init", ".", "--example", "credit")

	// unapproved: the running stack, and the promotion
	run(0, "up", "--build") // in dev the policy approves
	names(run(1, "up", "--env", "prod", "--once", "--listen", "127.0.0.1:0"), approved)
	names(run(1, "model", "promote", "default-risk", "1"), approved)

	// under the floor of fairness, which a house may raise: at registration, and
	// at the promotion of what was registered before
	shipped := digests[fair]
	raise(t, dir, true)
	var rule struct{ Digest string }
	if err := json.Unmarshal([]byte(run(0, "policy", "show", fair, "--output", "json")),
		&rule); err != nil || rule.Digest == shipped {
		t.Fatalf("the raised rule has digest %q, %v", rule.Digest, err)
	}
	digests[fair] = rule.Digest
	names(run(1, "model", "promote", "default-risk", "1"), fair)
	names(run(1, "up", "--env", "prod", "--build"), fair)
	raise(t, dir, false)

	// put right
	run(0, "model", "approve", "default-risk", "1", "--by", "risk-officers")
	run(0, "up", "--env", "prod", "--once", "--listen", "127.0.0.1:0")
	run(0, "model", "promote", "default-risk", "1")
	run(0, "check")

	// and held by the check of a pin, when the rule moves later
	raise(t, dir, true)
	var said struct{ Findings []policies.Finding }
	// What follows the object is what the CLI tells people on standard error.
	if err := json.NewDecoder(strings.NewReader(run(1, "check", "--output", "json"))).Decode(&said); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range said.Findings {
		found = found || f.Policy == fair && f.Digest == rule.Digest && f.Refuses() && f.Subject == "default-risk"
	}
	if !found {
		t.Errorf("check does not refuse the pin: %+v", said.Findings)
	}
}

// raise makes the house ask for more fairness than ships, or no more.
func raise(t *testing.T, dir string, on bool) {
	t.Helper()
	pack := filepath.Join(dir, "policies", "raised")
	if !on {
		if err := os.RemoveAll(pack); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(pack, 0o755); err != nil {
		t.Fatal(err)
	}
	text := `package raised

import "ashlar.dev/policy"

policy.#Pack & {name: "raised", title: "More", set: "governance/fairness-floor": ratio: 0.999}
`
	if err := os.WriteFile(filepath.Join(pack, "raised.cue"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// shop is a repository of somebody's own, and the CLI in it.
type shop struct {
	t        *testing.T
	cli, dir string
}

// run runs the CLI, which must end with the code, and returns all it says.
func (s shop) run(code int, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.cli, args...)
	cmd.Dir = s.dir
	said, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("ashlar %s ended with %d, want %d:\n%s", strings.Join(args, " "), got, code, said)
	}
	return string(said)
}
