package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const examples = "../../blueprints/examples/"

// command runs the command line and returns its exit code and what it said.
func command(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var said bytes.Buffer
	code := run(context.Background(), args, &said, &said)
	return code, said.String()
}

// anywhere are the flags of the examples on any cluster.
func anywhere(out string, more ...string) []string {
	return append([]string{"render", "--out", out, "--provider", "kubernetes", "--config",
		"image=registry.example.com/runtime:1.0.0",
		"--config", "storeUrl=s3://models/ashlar?region=eu-central-1", "--config",
		"databaseUrl=postgres://u:hunter2@db.example.com:5432/ashlar"}, more...)
}

// files returns every file under dir by its path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheExamplesRenderForAnyCluster(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if code, said := command(t, anywhere(dir, "--env", "prod", examples+"credit", examples+
			"churn")...); code != plan.ExitOK {
			t.Fatalf("exit code %d:\n%s", code, said)
		}
	}
	first, second := files(t, a), files(t, b)
	for _, want := range []string{"manifests/kustomization.yaml", "manifests/ashlar-credit-risk-prod/deployment-scoring.yaml",
		"manifests/ashlar-customer-churn-prod/namespace-ashlar-customer-churn-prod.yaml"} {
		if first[want] == "" {
			t.Errorf("there is no %s", want)
		}
	}
	for path, text := range first {
		if second[path] != text {
			t.Errorf("%s differs between two renderings", path)
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s holds the password", path)
		}
		if path == "main.tf.json" {
			t.Error("there are AWS resources on any cluster")
		}
	}
}

func TestEverythingThatIsWrongIsSaidAtOnceAndNothingIsWritten(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	code, said := command(t, "render", "--out", out, "--env", "qa", "--config", "environmen=x", "--config", "half",
		"--only", "helm", examples+"credit", examples+"concrete")
	if code != plan.ExitInput {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`--config "half": write it as KEY=VALUE`,
		"config environmen: unknown key; did you mean environment?", `--only "helm"`,
		"credit/credit.cue", "concrete/concrete.cue", `unknown environment "qa"`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	code, said = command(t, "render", "--out", out, "--env", "dev", examples+"credit")
	if code != plan.ExitInput {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"aws:region", "config foundation", "config image"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say that %s is missing:\n%s", want, said)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}

func TestWrongCommandsAreWrongInput(t *testing.T) {
	for _, args := range [][]string{{}, {"rendre"}, {"render"}, {"render", "--nonsense"}} {
		if code, said := command(t, args...); code != plan.ExitInput || said == "" {
			t.Errorf("%v: exit code %d, said %q", args, code, said)
		}
	}
}

func TestTheExampleConfigsAreSound(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		for _, args := range [][]string{
			{"render", "--config-file", "../../Pulumi.foundation-" + stack + ".yaml", examples + "credit"},
			{"render", "--config-file", "../../Pulumi." + stack + ".yaml", examples + "credit"},
		} {
			out := t.TempDir()
			if code, said := command(t, append(args, "--out", out)...); code != plan.ExitOK {
				t.Errorf("%v: exit code %d:\n%s", args, code, said)
			}
			if files(t, out)["main.tf.json"] == "" {
				t.Errorf("%v: no AWS resources", args)
			}
		}
	}
}

// TestSecretsAreWrittenOnRequestAlone, and who did not ask is told which there are.
func TestSecretsAreWrittenOnRequestAlone(t *testing.T) {
	const folder, note, secret = "-- a/secrets/",
		"Secret ashlar-dev-system/ashlar-database-decide (database) is not written: add --secrets", "u:secret@"
	without, with := seen(t, onOther, ""), seen(t, onOther+" --secrets", "")
	for text, want := range map[string]bool{folder: false, note: true, secret: false} {
		if strings.Contains(without, text) != want {
			t.Errorf("without --secrets, %q is there: %t", text, !want)
		}
		if strings.Contains(with, text) == want {
			t.Errorf("with --secrets, %q is there: %t", text, want)
		}
	}
}
