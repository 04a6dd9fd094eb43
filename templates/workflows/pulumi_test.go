package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// fetch is a double of curl, which writes what the test has in the place of the
// archive that is asked for.
const fetch = `#!/bin/bash
while [ $# -gt 0 ]; do case "$1" in -o) to=$2 ;; https://*) echo "$1" > "$ASKED" ;; esac; shift; done
cp "$ARCHIVE" "$to"
`

// pulumiOf runs the step that installs Pulumi, with an archive of the sum or
// another, and says what it asked for and whether the program is there.
func pulumiOf(t *testing.T, machine, sum string) (asked string, installed bool, err error) {
	t.Helper()
	temp, bin := t.TempDir(), t.TempDir()
	tree := filepath.Join(temp, "tree", "pulumi")
	for file, text := range map[string]string{filepath.Join(tree, "pulumi"): "cli", filepath.Join(bin, "curl"): fetch,
		filepath.Join(bin, "uname"): "#!/bin/sh\necho " + machine + "\n"} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-drift.yml"], "preview", "Install Pulumi")
	archive := filepath.Join(temp, "archive.tar.gz")
	out, err := exec.CommandContext(t.Context(), "bash", "-ec",
		`tar -czf "$1" -C "$2" pulumi && sha256sum < "$1" | cut -d " " -f 1`, "-", archive, filepath.Dir(tree)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if sum == "" { // what the archive of this test has
		script = regexp.MustCompile(`sum=[0-9a-f]{64}`).ReplaceAllString(script, "sum="+strings.TrimSpace(string(out)))
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RUNNER_TEMP="+temp,
		"ARCHIVE="+archive, "ASKED="+filepath.Join(temp, "asked"), "GITHUB_PATH="+filepath.Join(temp, "path"))
	err = cmd.Run()
	url, _ := os.ReadFile(filepath.Join(temp, "asked"))
	_, there := os.Stat(filepath.Join(temp, "pulumi", "pulumi"))
	return strings.TrimSpace(string(url)), there == nil, err
}

func TestPulumiIsInstalledByItsSum(t *testing.T) {
	for machine, arch := range map[string]string{"Linux x86_64": "x64", "Linux aarch64": "arm64"} {
		asked, installed, err := pulumiOf(t, machine, "")
		want := "https://get.pulumi.com/releases/sdk/pulumi-v" + pulumiVersion + "-linux-" + arch + ".tar.gz"
		if err != nil || !installed || asked != want {
			t.Errorf("%s: installed %t from %s: %v", machine, installed, asked, err)
		}
		if _, installed, err := pulumiOf(t, machine, "pinned"); err == nil || installed {
			t.Errorf("%s: another archive is installed: %t, %v", machine, installed, err)
		}
	}
	if asked, installed, err := pulumiOf(t, "Darwin arm64", ""); err == nil || installed || asked != "" {
		t.Errorf("an unknown machine: installed %t from %q: %v", installed, asked, err)
	}
}

// TestNoPulumiButThePinnedOne: each job that runs Pulumi installs it first.
func TestNoPulumiButThePinnedOne(t *testing.T) {
	jobs := 0
	for name, text := range everything(t) {
		w, errs := actionlint.Parse([]byte(text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for id, job := range w.Jobs {
			installed := false
			for _, s := range job.Steps {
				run, ok := s.Exec.(*actionlint.ExecRun)
				if !ok {
					continue
				}
				installed = installed || strings.Contains(run.Run.Value, pulumiSumX64)
				if regexp.MustCompile(`(?m)^\s*pulumi `).MatchString(run.Run.Value) {
					jobs++
					if !installed {
						t.Errorf("%s: job %s runs the Pulumi that it finds", name, id)
					}
				}
			}
		}
	}
	if jobs < 6 {
		t.Errorf("%d jobs run Pulumi", jobs)
	}
}
