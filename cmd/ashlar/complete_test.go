package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// completed asks for the candidates as a shell's script does: the words of a command
// line, the last one being written. It returns them without descriptions, and the
// directive.
func completed(t *testing.T, words ...string) (candidates []string, directive string) {
	t.Helper()
	var out, errw bytes.Buffer
	if code := run(context.Background(), append([]string{"__complete"}, words...), closed{}, &out,
		&errw); code != plan.ExitOK {
		t.Fatalf("exit code %d: %s", code, errw.String())
	}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if rest, ok := strings.CutPrefix(line, ":"); ok {
			directive = rest
			continue
		}
		name, _, _ := strings.Cut(line, "\t")
		candidates = append(candidates, name)
	}
	return candidates, directive
}

func TestWordsAreCompletedFromTheBlueprint(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	if err := broken(`name: "p"`, `name: "p"`)(dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line string // $ is the blueprint's folder, the last word is written after the last space
		want string
	}{
		{"model show --dir $ ", "m"},
		{"model rollback -C $ ", "m"},
		{"pipeline run --dir $ ", "l"},
		{"pipeline logs --dir $ l ", "evaluate ingest prepare register train validate"},
		{"pipeline logs --dir $ l t", "train"},
		{"pipeline run l --dir $ --through p", "prepare"},
		{"pipeline run --dir $ l ", ""},
		{"check $ --env ", "dev prod"},
		{"up $ --env p", "prod"},
		{"pipeline show --dir $ --env ", "dev prod"},
		{"check --output s", "sarif"},
		{"policy explain --dir $ privacy/sensitive-r", "privacy/sensitive-retention"},
		{"init x --example ch", "churn"},
		{"completion f", "fish"},
		{"explain mod", "models"},
		{"explain models.par", "models.params"},
		{"explain models.any-name.params.max_d", "models.any-name.params.max_depth"},
		{"explain E050", "E0501"},
		{"generate al", "alerts"},
	} {
		words := strings.Split(strings.ReplaceAll(c.line, "$", dir), " ")
		if got, _ := completed(t, words...); strings.Join(got, " ") != c.want {
			t.Errorf("ashlar %s: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestWhatCannotBeListedIsCompletedAsFilesOrNotAtAll(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	if err := broken(`target: "y"`, `targt: "y"`)(dir); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"model show --dir $ ":       "4",  // no candidates and no files: the blueprint has a mistake
		"model show m --dir $ ":     "4",  // no stack has run here
		"model list --dir ":         "16", // folders
		"up ":                       "16",
		"policy check a.yaml ":      "0", // files, however many
		"generate manifests --out ": "0",
		"version ":                  "4",
	} {
		got, directive := completed(t, strings.Split(strings.ReplaceAll(line, "$", dir), " ")...)
		if len(got) > 0 || directive != want {
			t.Errorf("ashlar %s: got %q and directive %s, want none and %s", line, got, directive, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("completion left %v in the folder: %v", entries, err)
	}
}

func TestVersionsAreCompletedFromTheLocalStack(t *testing.T) {
	quiet(t)
	dir := filepath.Join(t.TempDir(), "shop")
	for _, args := range [][]string{{"init", dir}, {"up", dir, "--build"}} {
		var errw bytes.Buffer
		if code := run(context.Background(), args, closed{}, &bytes.Buffer{}, &errw); code != plan.ExitOK {
			t.Fatalf("ashlar %s: exit code %d\n%s", strings.Join(args, " "), code, errw.String())
		}
	}
	if got, _ := completed(t, "model", "show", "--dir", dir, "default-risk", ""); !slices.Equal(got, []string{"1"}) {
		t.Errorf("versions %q", got)
	}
	// A model that the blueprint no longer declares keeps its versions.
	if err := os.Remove(filepath.Join(dir, "credit.cue")); err != nil {
		t.Fatal(err)
	}
	if got, _ := completed(t, "model", "show", "--dir", dir, ""); !slices.Equal(got, []string{"default-risk"}) {
		t.Errorf("models %q", got)
	}
}

// TestTheScriptOfBashCompletes runs the script in a real bash, with the real program.
func TestTheScriptOfBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("skipped: there is no bash on PATH")
	}
	bin, dir := t.TempDir(), t.TempDir()
	if said, err := exec.Command("go", "build", "-o", filepath.Join(bin, "ashlar"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	quiet(t)
	if err := broken(`name: "p"`, `name: "p"`)(dir); err != nil {
		t.Fatal(err)
	}
	// What bash itself sets before it calls the function of a word.
	script := `source <(ashlar completion bash)
_get_comp_words_by_ref() { :; }
__ashlar_init_completion() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}; }
for line in "pipeline run " "check --env p" "model sh"; do
  read -ra COMP_WORDS <<< "ashlar $line"; [[ $line != *" " ]] || COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE="ashlar $line" COMP_POINT=$((${#line} + 7)) COMP_TYPE=9 COMPREPLY=()
  __start_ashlar
  echo "$line: ${COMPREPLY[*]}"
done`
	cmd := exec.Command(bash, "--norc", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, want := range []string{"pipeline run : l", "check --env p: prod", "model sh: show"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("bash does not complete %q:\n%s", want, said)
		}
	}
}

func TestEveryShellHasAScript(t *testing.T) {
	for shell := range shells {
		var out, errw bytes.Buffer
		if code := run(context.Background(), []string{"completion", shell}, closed{}, &out,
			&errw); code != plan.ExitOK || !strings.Contains(out.String(), "__complete") {
			t.Errorf("%s: exit code %d, %d bytes: %s", shell, code, out.Len(), errw.String())
		}
	}
	var errw bytes.Buffer
	if code := run(context.Background(), []string{"completion", "bsh"}, closed{}, &bytes.Buffer{},
		&errw); code != plan.ExitInput || !strings.Contains(errw.String(), `did you mean "bash"?`) {
		t.Errorf("exit code %d: %s", code, errw.String())
	}
}
