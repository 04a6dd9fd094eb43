package workflows

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// hub is a double of gh: it downloads the files of a release that match, and
// verifies what the test says.
const hub = `#!/bin/bash
echo "$*" >> "$CALLS"
case "$1 $2" in
"release download") for file in "$RELEASE"/*; do
    case " $* " in *" --pattern $(basename "$file") "*) cp "$file" . ;; esac
  done ;;
"attestation verify") [ "$SIGNED" = yes ] ;;
*) exit 9 ;;
esac
`

// machine runs the script that installs the programs of a release.
type machine struct {
	t                          *testing.T
	temp, release, calls, path string
	signed                     string
	script                     string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the jobs run on Linux")
	}
	root := t.TempDir()
	m := &machine{t: t, temp: filepath.Join(root, "temp"), release: filepath.Join(root, "release"),
		calls: filepath.Join(root, "calls"), path: filepath.Join(root, "bin"), signed: "yes",
		script: scriptOf(t, rendered(t, repository())[Folder+"/ashlar-pull-request.yml"], "comment",
			"Install the programs of the release")}
	for _, dir := range []string{m.temp, m.release, m.path} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.write(filepath.Join(m.path, "gh"), hub)
	var sums strings.Builder
	for _, program := range []string{"ashlar", "ashlar-runtime", "ashlar-stack",
		"pulumi-analyzer-policy-cue", "other"} {
		name := program + "_v1.2.0_linux_" + runtime.GOARCH
		m.write(filepath.Join(m.release, name), "the program "+program)
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256([]byte("the program "+program)), name)
	}
	m.write(filepath.Join(m.release, "SHA256SUMS"), sums.String())
	return m
}

func (m *machine) write(file, text string) {
	m.t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// install returns what is installed.
func (m *machine) install() ([]string, error) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", m.script)
	cmd.Env = append(os.Environ(), "PATH="+m.path+string(os.PathListSeparator)+os.Getenv("PATH"), "CALLS="+m.calls,
		"RELEASE="+m.release, "SIGNED="+m.signed, "RUNNER_TEMP="+m.temp, "ASHLAR_VERSION=v1.2.0",
		"GITHUB_PATH="+filepath.Join(m.temp, "path"))
	said, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, said)
	}
	var out []string
	entries, _ := os.ReadDir(filepath.Join(m.temp, "ashlar-bin"))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().Perm()&0o111 != 0 {
			out = append(out, e.Name())
		}
	}
	return out, err
}

func TestTheProgramsOfAReleaseAreInstalledOnceTheyAreVerified(t *testing.T) {
	m := newMachine(t)
	want := []string{"ashlar", "ashlar-runtime", "ashlar-stack", "pulumi-analyzer-policy-cue"}
	for range 2 { // the second time they are in the cache
		if got, err := m.install(); err != nil || !slices.Equal(got, want) {
			t.Fatalf("installed %v: %v", got, err)
		}
	}
	if path, err := os.ReadFile(filepath.Join(m.temp, "path")); err != nil ||
		!strings.HasPrefix(string(path), filepath.Join(m.temp, "ashlar-bin")+"\n") {
		t.Errorf("PATH has %q: %v", path, err)
	}
	calls, err := os.ReadFile(m.calls)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(calls), "release download v1.2.0 --repo ashlar-dev/ashlar"); n != 1 {
		t.Errorf("%d downloads:\n%s", n, calls)
	}
	if n := strings.Count(string(calls), "attestation verify SHA256SUMS --repo ashlar-dev/ashlar --signer-workflow "+
		"ashlar-dev/ashlar/.github/workflows/release.yml"); n != 2 {
		t.Errorf("%d of 2 verifications:\n%s", n, calls)
	}
}

func TestNoProgramIsInstalledThatIsNotVerified(t *testing.T) {
	name := func(program string) string { return program + "_v1.2.0_linux_" + runtime.GOARCH }
	for what, spoil := range map[string]func(*machine){
		"another program": func(m *machine) { m.write(filepath.Join(m.release, name("ashlar-stack")), "evil") },
		"no provenance":   func(m *machine) { m.signed = "no" },
		"no sum of one": func(m *machine) {
			m.write(filepath.Join(m.release, "SHA256SUMS"), fmt.Sprintf("%x  %s\n",
				sha256.Sum256([]byte("the program ashlar")), name("ashlar")))
		},
		"a program is missing": func(m *machine) { _ = os.Remove(filepath.Join(m.release, name("ashlar-runtime"))) },
		"the cache was changed": func(m *machine) {
			if _, err := m.install(); err != nil {
				m.t.Fatal(err)
			}
			_ = os.RemoveAll(filepath.Join(m.temp, "ashlar-bin"))
			m.write(filepath.Join(m.temp, "ashlar-release", name("ashlar")), "evil")
		},
		"another machine": func(m *machine) {
			m.write(filepath.Join(m.path, "uname"),
				"#!/bin/sh\necho Linux riscv64\n")
		},
	} {
		t.Run(what, func(t *testing.T) {
			m := newMachine(t)
			spoil(m)
			if got, err := m.install(); err == nil || len(got) > 0 {
				t.Errorf("installed %v: %v", got, err)
			}
		})
	}
}

// TestOneJobCompiles: no job but the one that builds for all compiles Ashlar's
// programs, and none at all where a release has them. The scan for
// vulnerabilities builds what it scans, which is not the Pulumi program.
func TestOneJobCompiles(t *testing.T) {
	for shape, r := range shapes {
		released := r.Version == "v1.2.0"
		for name, text := range rendered(t, r) {
			w, errs := actionlint.Parse([]byte(text))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			for id, job := range w.Jobs {
				compiles, uses := false, false
				for _, s := range job.Steps {
					run, ok := s.Exec.(*actionlint.ExecRun)
					if !ok {
						continue
					}
					built := strings.Contains(run.Run.Value, "go install") && strings.Contains(run.Run.Value, "cmd/")
					compiles = compiles || built && !strings.HasSuffix(name, "vulnerabilities.yml")
					uses = uses || strings.HasPrefix(run.Run.Value, "ashlar ")
				}
				if compiles != (id == "programs") || compiles && released {
					t.Errorf("%s: job %s of %s compiles: %t", shape, id, name, compiles)
				}
				if waits := len(job.Needs) > 0; uses && !waits && !released {
					t.Errorf("%s: job %s of %s does not wait for the programs", shape, id, name)
				}
			}
		}
	}
}

func TestACommitIsNoRelease(t *testing.T) {
	for version, want := range map[string]bool{"v1.2.0": true, "v1.2.0-rc.1": true,
		"0123456789ab": false, FromSource: false,
		"v0.0.0-20261130081902-b84bed6aaaaa": false, "v1.2.1-0.20261130081902-b84bed6aaaaa": false} {
		if got := (view{Repository: Repository{Version: version}}).Released(); got != want {
			t.Errorf("%s is a release: %t", version, got)
		}
	}
}

// TestPulumiRunsTheProgramThatIsBuilt: our own Pulumi.yaml names sources, which
// Pulumi would compile.
func TestPulumiRunsTheProgramThatIsBuilt(t *testing.T) {
	text, err := os.ReadFile("../../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	temp, dir := t.TempDir(), t.TempDir()
	for file, text := range map[string]string{filepath.Join(dir, "Pulumi.yaml"): string(text),
		filepath.Join(temp, "ashlar-bin", "ashlar-stack"): "program"} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", scriptOf(t,
		rendered(t, shapes["source"])[Folder+"/ashlar-drift.yml"], "preview",
		"Put the Pulumi program where Pulumi.yaml names it"))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "RUNNER_TEMP="+temp)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	got, err := os.ReadFile(filepath.Join(dir, "Pulumi.yaml"))
	if err != nil || strings.Contains(string(got), "main:") ||
		!strings.Contains(string(got), "runtime: {name: go, options: {binary: bin/ashlar-stack}}\n") {
		t.Errorf("%v\n%.600s", err, got)
	}
	if info, err := os.Stat(filepath.Join(dir, "bin", "ashlar-stack")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program: %v, %v", info, err)
	}
}

// TestAReleaseHasWhatIsDownloaded: the names of the files, and a signature of
// their sums by the workflow that is asked for.
func TestAReleaseHasWhatIsDownloaded(t *testing.T) {
	text, err := os.ReadFile("../../.ci/release")
	if err != nil {
		t.Fatal(err)
	}
	build := string(text)
	for _, want := range []string{`file="$out/${program}_${version}_${platform/\//_}"`, "linux/amd64 linux/arm64",
		`cd "$out" && sha256sum -- *`} {
		if !strings.Contains(build, want) {
			t.Errorf(".ci/release does not hold %s", want)
		}
	}
	_, list, _ := strings.Cut(build, "else programs=(")
	list, _, _ = strings.Cut(list, ")")
	for _, program := range (view{Repository: repository()}).Programs() {
		if !slices.Contains(strings.Fields(list), program) {
			t.Errorf("a release has %s, and not %s", list, program)
		}
	}
	workflow := rendered(t, shapes["source"])[strings.TrimPrefix(signer, home+"/")]
	if !strings.Contains(workflow, "attest-build-provenance@") ||
		!strings.Contains(workflow, "subject-path: dist/release/*\n") {
		t.Errorf("%s does not sign the files of a release", signer)
	}
}

// TestTheScanIsOfTheGoThatBuiltTheRelease: another Go has another standard
// library, which may be mended already.
func TestTheScanIsOfTheGoThatBuiltTheRelease(t *testing.T) {
	for shape, want := range map[string]string{"deployed": "go1.25.9", "local": ""} {
		script := scriptOf(t, rendered(t, shapes[shape])[Folder+"/ashlar-vulnerabilities.yml"], "scan",
			"Scan the CLI and the runtime of the workloads")
		temp := t.TempDir()
		if err := os.MkdirAll(filepath.Join(temp, "scan"), 0o755); err != nil {
			t.Fatal(err)
		}
		scanner := "#!/bin/bash\necho \"$(basename \"$3\")\" >> \"$CALLS\"\n[ \"$(basename \"$3\")\" != \"$VULNERABLE\" ]\n"
		if err := os.WriteFile(filepath.Join(temp, "scan", "govulncheck"), []byte(scanner), 0o755); err != nil {
			t.Fatal(err)
		}
		golang := map[string]string{"go": `case $1 in
version) echo "$2: go1.25.9" ;;
install) echo "$GOTOOLCHAIN" "$2" >> "$CALLS" ;;
esac`}
		version := shapes[shape].Version
		cli := want + " " + module + "/cmd/ashlar@" + version + "\nashlar"
		calls, said, err := shell(t, script, golang, "RUNNER_TEMP="+temp, "ASHLAR_VERSION="+version, "GOTOOLCHAIN=")
		if err != nil || calls != strings.TrimSpace(cli+"\n"+
			strings.Replace(cli, "ashlar@", "ashlar-runtime@", 1)+"-runtime") {
			t.Errorf("%s: %v\n%s\n%s", shape, err, calls, said)
		}
		if _, _, err := shell(t, script, golang, "RUNNER_TEMP="+temp, "ASHLAR_VERSION="+version, "GOTOOLCHAIN=",
			"VULNERABLE=ashlar"); err == nil {
			t.Errorf("%s: a vulnerable program passes", shape)
		}
	}
}
