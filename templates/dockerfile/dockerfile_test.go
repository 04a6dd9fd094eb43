package dockerfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var train = Python{Name: "train", Environment: Pip, File: "requirements.txt",
	Command: []string{"python", "-m", "train"}}

func TestDockerfilesAreAsTheyWere(t *testing.T) {
	conda := train
	conda.Environment, conda.File, conda.Source = Conda, "environment.yml", "my code"
	hashed := train
	hashed.RequireHashes, hashed.BaseImage = true,
		"registry.example.com:5000/python:3.12@sha256:"+strings.Repeat("a", 64)
	for name, render := range map[string]func() ([]byte, error){
		"runtime": Runtime{}.Render, "runtime-released": Runtime{Version: "v1.2.0"}.Render,
		"pip": train.Render, "pip-hashed": hashed.Render, "conda": conda.Render,
	} {
		got, err := render()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden := filepath.Join("testdata", name+".Dockerfile")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is\n%s\nwant\n%s (%v)", name, got, want, err)
		}
		checkForm(t, name, string(got))
	}
}

// checkForm reads a Dockerfile as Docker does: continued lines are one, each
// begins with an instruction, and what looks like JSON is.
func checkForm(t *testing.T, name, text string) {
	t.Helper()
	known := []string{"ARG", "FROM", "ENV", "WORKDIR", "RUN", "COPY", "LABEL", "USER", "EXPOSE", "ENTRYPOINT"}
	var seen []string
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		seen = append(seen, word)
		if !slices.Contains(known, word) {
			t.Errorf("%s: %q is no instruction", name, line)
		}
		var words []string
		if strings.HasPrefix(rest, "[") && (json.Unmarshal([]byte(rest), &words) != nil || len(words) == 0) {
			t.Errorf("%s: %q is no list of words", name, rest)
		}
	}
	if last := seen[len(seen)-1]; last != "ENTRYPOINT" || seen[0] != "ARG" ||
		!strings.Contains(text, "\nUSER 65532:65532\n") {
		t.Errorf("%s: it goes from %s to %s", name, seen[0], last)
	}
}

func TestEverythingThatIsWrongIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		render func() ([]byte, error)
		want   []string
	}{
		"all of it": {Python{Name: "Train It", Environment: "venv", File: "../requirements.txt",
			Source: "/", BaseImage: "a b"}.Render,
			[]string{"lower-case", "use pip or conda", "environment file", "source", "no command", "base image"}},
		"an instruction in a path": {Python{Name: "x", Environment: Pip, File: "a\nUSER root",
			Command: []string{"x"}}.Render, []string{"environment file"}},
		"an instruction in a command": {Python{Name: "x", Environment: Pip, File: "a",
			Command: []string{"x\nUSER root"}}.Render, []string{"not a word of a command"}},
		"an instruction in an image": {Runtime{GoImage: "golang:1.26\nUSER root"}.Render, []string{"Go image"}},
		"a command in a version":     {Runtime{Version: "v1.2.0;rm -rf /"}.Render, []string{"v1.2.0"}},
		"a kind of file nobody knows": {Python{Name: "x", Environment: Conda, File: "a.toml",
			Command: []string{"x"}}.Render, []string{"-lock.yml"}},
		"hashes in conda": {Python{Name: "x", Environment: Conda, File: "a", Command: []string{"x"},
			RequireHashes: true}.Render, []string{"conda-lock"}},
	} {
		out, err := c.render()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || out != nil {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

func FuzzPython(f *testing.F) {
	f.Add("train", "requirements.txt", "src", "python", "python:3.12")
	f.Add("t", `a" "/etc`, `b\`, `"]`, "x@sha256:00")
	f.Fuzz(func(t *testing.T, name, file, source, word, base string) {
		for _, environment := range []string{Pip, Conda} {
			out, err := Python{Name: name, Environment: environment, File: file, Source: source,
				Command: []string{word}, BaseImage: base}.Render()
			if err != nil {
				continue
			}
			checkForm(t, name, string(out))
			if !strings.HasSuffix(string(out), "]\n") {
				t.Errorf("it ends in %q", out[max(0, len(out)-40):])
			}
		}
	})
}
