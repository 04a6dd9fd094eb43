//go:build integration

package engine

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// committed makes the project a repository with all that it has.
func (p *project) committed() {
	p.t.Helper()
	for _, args := range [][]string{{"init", "-q"}, {"add", "."},
		{"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "Deployed"}} {
		cmd := exec.CommandContext(p.t.Context(), "git", args...)
		cmd.Dir = p.dir
		if said, err := cmd.CombinedOutput(); err != nil {
			p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

// partly runs `ashlar-stack preview` and returns what an up would change, and what the
// program said of it.
func (p *project) partly(name string, more ...string) (changes []change, said string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), binary, append([]string{"preview", "--stack", name, "--",
		"--json", "--non-interactive"}, more...)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("ashlar-stack preview: %v\n%s\n%s", err, tail(out.String()), tail(errs.String()))
	}
	if out.Len() == 0 {
		return nil, errs.String()
	}
	var plan struct {
		Steps []struct{ Op, URN string }
	}
	p.must(json.Unmarshal(out.Bytes(), &plan))
	for _, s := range plan.Steps {
		if s.Op != "same" && s.Op != "read" && !strings.Contains(s.URN, "pulumi:pulumi:Stack::") {
			changes = append(changes, change{s.Op, s.URN})
		}
	}
	return changes, errs.String()
}

// TestAPreviewOfWhatHasChanged: it shows what a preview of everything shows, where one
// blueprint has changed whose name another one's begins with, one is new, and one is
// edited so that resources go; and previews everything where it cannot know.
func TestAPreviewOfWhatHasChanged(t *testing.T) {
	p := newProject(t, "credit", "churn", "concrete")
	p.must(copied(p, "credit", "credit-b"))
	p.edit("credit-b/credit.cue", `"credit-risk"`, `"credit-risk-b"`)
	stack := p.anywhere("dev")
	p.committed()
	p.up(stack)

	if changes, said := p.partly(stack); changes != nil || !strings.Contains(said, "no blueprint differs from HEAD") {
		t.Errorf("nothing has changed, and the preview has %v and said:\n%s", changes, said)
	}
	p.edit("credit/credit.cue", "replicas: {min: 1, max: 1}", "replicas: {min: 2, max: 4}")
	p.must(copied(p, "churn", "fresh"))
	p.edit("fresh/churn.cue", `"customer-churn"`, `"fresh"`)
	p.agrees(stack, "previewing credit-risk, fresh alone", 20)

	// Another name is another set of resources: the old one's go.
	p.edit("concrete/concrete.cue", `"concrete-strength"`, `"cement"`)
	p.agrees(stack, "previewing everything: blueprints/concrete was called", 40)

	env := p.env
	p.env = append(slices.Clone(env), `ASHLAR_PREVIEW_ONLY=["blueprints/credit"]`)
	if said, err := p.try("up", "--yes", "--skip-preview", "--stack", stack); err == nil ||
		!strings.Contains(said, "which is for previews alone") {
		t.Errorf("an update of one blueprint alone: %v\n%s", err, tail(said))
	}
	p.env = env
}

// agrees asserts that the preview of what has changed shows what the whole one does.
func (p *project) agrees(stack, wantSaid string, atLeast int) {
	p.t.Helper()
	sorted := func(all []change) []change {
		slices.SortFunc(all, func(a, b change) int { return strings.Compare(a.urn+a.op, b.urn+b.op) })
		return all
	}
	whole := sorted(p.preview(stack))
	partly, said := p.partly(stack)
	if !strings.Contains(said, wantSaid) {
		p.t.Errorf("it said:\n%s\nand not %q", said, wantSaid)
	}
	if partly = sorted(partly); len(whole) < atLeast || !slices.Equal(whole, partly) {
		without := func(a, b []change) []change {
			return slices.DeleteFunc(slices.Clone(a), func(c change) bool { return slices.Contains(b, c) })
		}
		p.t.Errorf("%s: the whole preview has %d changes and this one %d; only there are\n%v\nand only here\n%v", said,
			len(whole), len(partly), without(whole, partly), without(partly, whole))
	}
}

// copied copies a blueprint's folder.
func copied(p *project, from, to string) error {
	return exec.CommandContext(p.t.Context(), "cp", "-r", filepath.Join(p.dir, "blueprints", from),
		filepath.Join(p.dir, "blueprints", to)).Run()
}
