package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

func TestPreviewsAreNotDeployedToAWS(t *testing.T) {
	const credit = "../../blueprints/examples/credit"
	_, err := load([]string{credit}, config.ProviderAWS, "pr-12")
	if err == nil || !strings.Contains(err.Error(), "set provider to kubernetes") {
		t.Errorf("%v", err)
	}
	in, err := load([]string{credit}, config.ProviderKubernetes, "pr-12")
	if err != nil || in.plans[0].Environment != "pr-12" || !in.plans[0].Datasets["applications"].Sampled() {
		t.Errorf("%+v, %v", in, err)
	}
}

// pulumiDouble puts a pulumi on PATH that prints what it is asked.
func pulumiDouble(t *testing.T) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	const script = "#!/bin/sh\necho \"pulumi $* of $ASHLAR_PREVIEW_ONLY, collecting at $GOGC\"\n"
	if err := os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	if err := os.Symlink(git, filepath.Join(bin, "git")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("GOGC", "")
}

// deployedProject is a committed project with three blueprints, in which the test runs.
func deployedProject(t *testing.T) {
	t.Helper()
	pulumiDouble(t)
	credit, err := os.ReadFile("../../blueprints/examples/credit/credit.cue")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	put(t, "Pulumi.yaml", "name: acme\nruntime: go\n")
	put(t, "Pulumi.dev.yaml", "config: {acme:environment: dev, acme:provider: kubernetes}\n")
	put(t, "Pulumi.base.yaml", "config: {acme:layer: foundation}\n")
	for _, name := range []string{"loans", "loans-eu", "cards"} {
		put(t, "blueprints/"+name+"/"+name+".cue", strings.Replace(string(credit), `"credit-risk"`, `"`+name+`"`, 1))
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."},
		{"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "Deployed"}} {
		if said, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, said)
		}
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAPreviewIsOfWhatHasChanged: which blueprints it is of follows from the files that
// differ, and is everything where they do not say.
func TestAPreviewIsOfWhatHasChanged(t *testing.T) {
	edit := func(t *testing.T, name, from, to string) {
		file := "blueprints/" + name + "/" + name + ".cue"
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), from) {
			t.Fatalf("%v, or there is no %s", err, from)
		}
		put(t, file, strings.Replace(string(text), from, to, 1))
	}
	for name, c := range map[string]struct {
		change     func(t *testing.T)
		args, want string // want is what is said, parts separated by |
		code       int
	}{
		"nothing": {change: func(*testing.T) {}, want: "no blueprint differs from HEAD"},
		"a blueprint": {change: func(t *testing.T) { edit(t, "cards", "max: 10", "max: 12") },
			want: `previewing cards alone|--stack dev --target **::cards --target **::cards-* --target **::acme-dev-cards-* of ["blueprints/cards"]`},
		"flags of pulumi": {change: func(t *testing.T) { put(t, "blueprints/cards/data/new.csv", "a") },
			args: "-- --diff", want: `**::acme-dev-cards-* --diff of ["blueprints/cards"], collecting at 300`},
		"a name that another begins with": {change: func(t *testing.T) { edit(t, "loans", "max: 10", "max: 12") },
			want: `previewing loans alone|of ["blueprints/loans","blueprints/loans-eu"]`},
		"rules": {change: func(t *testing.T) { put(t, "blueprints/cards/policies/own.cue", "package own") },
			want: "everything: blueprints/cards/policies/own.cue has changed, and other blueprints may be under the rules"},
		"a guide":     {change: func(t *testing.T) { put(t, "docs/loans.txt", "new") }, want: "no blueprint differs"},
		"the project": {change: func(t *testing.T) { put(t, "Pulumi.dev.yaml", "config: {acme:environment: dev}\n") }, want: "everything: Pulumi.dev.yaml has changed|--stack dev of"},
		"a rename": {change: func(t *testing.T) { edit(t, "cards", `"cards"`, `"visa"`) },
			want: "everything: blueprints/cards was called cards and is now called visa"},
		"one that is gone": {change: func(t *testing.T) {
			if err := os.RemoveAll("blueprints/cards"); err != nil {
				t.Fatal(err)
			}
		}, want: "everything: blueprints/cards/cards.cue has changed, which is in no blueprint's folder"},
		"a mistake": {change: func(t *testing.T) { edit(t, "cards", "max: 10", "max: ten") }, code: 2, want: "cards.cue"},
		"no stack":  {change: func(*testing.T) {}, args: "--stack nowhere", code: 2, want: "stack nowhere: |Pulumi.nowhere.yaml"},
		"a stack with its organisation": {change: func(t *testing.T) { edit(t, "cards", "max: 10", "max: 12") },
			args: "--stack acme/shops/dev", want: "previewing cards alone|--stack acme/shops/dev --target **::cards|**::acme-dev-cards-*"},
		"no stack of an organisation": {change: func(*testing.T) {}, args: "--stack acme/shops/nowhere", code: 2,
			want: "stack acme/shops/nowhere: |Pulumi.nowhere.yaml"},
		"a foundation": {change: func(*testing.T) {}, args: "--stack base",
			want: "everything: a foundation has no blueprints"},
		"a word": {change: func(*testing.T) {}, args: "cards", code: 2, want: "flags for pulumi stand after --"},
	} {
		t.Run(name, func(t *testing.T) {
			deployedProject(t)
			c.change(t)
			code, said := command(t, append([]string{"preview", "--stack", "dev"}, strings.Fields(c.args)...)...)
			for want := range strings.SplitSeq(c.want, "|") {
				if code != c.code || !strings.Contains(said, want) {
					t.Errorf("code %d, want %d and %q:\n%s", code, c.code, want, said)
				}
			}
		})
	}
}

func TestAnUpdateOfSomeBlueprintsAloneIsRefused(t *testing.T) {
	all := []string{"/p/blueprints/a", "/p/blueprints/b"}
	for _, c := range []struct {
		only   string
		dryRun bool
		want   string // of the error; "": the folder
	}{
		{`["blueprints/b"]`, true, ""},
		{`["blueprints/b"]`, false, "previews alone"},
		{`["blueprints/c"]`, true, "blueprints/c is not the folder of a blueprint"},
		{`blueprints/b`, true, "JSON list"},
	} {
		got, err := previewed("/p", all, c.only, c.dryRun)
		if c.want == "" && (err != nil || len(got) != 1 || got[0] != all[1]) ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if got, err := previewed("/p", all, "", false); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}
