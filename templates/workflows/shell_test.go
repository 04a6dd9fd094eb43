package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// shell runs a step's script with doubles of the programs that it calls, each a
// script for bash that may write to $CALLS what it was called for. It returns
// what was called, and what the script said or why it failed.
func shell(t *testing.T, script string, doubles map[string]string, env ...string) (calls, said string, err error) {
	t.Helper()
	bin, dir := t.TempDir(), t.TempDir()
	for name, text := range doubles {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/bash\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"CALLS="+filepath.Join(dir, "calls"), "RUNNER_TEMP="+dir, "GITHUB_REPOSITORY=acme/shop", "GITHUB_SHA=HEAD",
		"GITHUB_REF=refs/heads/main", "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"),
		"GITHUB_ENV="+filepath.Join(dir, "env"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"))
	cmd.Env = append(cmd.Env, env...)
	text, err := cmd.CombinedOutput()
	got, _ := os.ReadFile(filepath.Join(dir, "calls"))
	summary, _ := os.ReadFile(filepath.Join(dir, "summary"))
	return strings.TrimSpace(string(got)), string(text) + string(summary), err
}

// TestScriptsAreBash: actionlint reads the workflow, and not what a shell reads.
func TestScriptsAreBash(t *testing.T) {
	scripts := 0
	for name, text := range everything(t) {
		w, errs := actionlint.Parse([]byte(text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for id, job := range w.Jobs {
			var all []string
			for _, s := range job.Steps {
				if run, ok := s.Exec.(*actionlint.ExecRun); ok {
					all = append(all, run.Run.Value)
				}
			}
			scripts += len(all)
			cmd := exec.CommandContext(t.Context(), "bash", "-n")
			cmd.Stdin = strings.NewReader(strings.Join(all, "\n"))
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: job %s: %v: %s", name, id, err, said)
			}
		}
	}
	if scripts < 100 {
		t.Errorf("%d scripts", scripts)
	}
}
