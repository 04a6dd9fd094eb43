package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The matrix runs every verb with every kind of wrong input, in every
// environment and form of output. It is made from the verbs themselves, so that
// a new verb or flag is in it without being listed.

// sound is a blueprint with nothing wrong but that its data is not there.
const sound = `package p
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "p"
	owner: {team: "t", email: "t@example.com"}
	datasets: d: {source: "d.csv", columns: {a: {type: "number"}, y: {type: "category", values: ["n", "p"]}}}
	models: m: {dataset: "d", target: "y", positive: "p", algorithm: "logistic_regression", require: metrics: accuracy: >=0.5}
	pipelines: l: {model: "m", schedule: "@daily"}
	endpoints: e: model: "m"
	environments: {dev: {}, prod: {}}
}
`

// mistake is something wrong with the blueprint's folder.
type mistake struct {
	name  string
	make  func(dir string) error
	sound bool // the blueprint itself is
}

func broken(from, to string) func(string) error {
	return func(dir string) error {
		if strings.Count(sound, from) != 1 {
			return fmt.Errorf("%q occurs %d times in the sound blueprint", from, strings.Count(sound, from))
		}
		return os.WriteFile(filepath.Join(dir, "p.cue"), []byte(strings.Replace(sound, from, to, 1)), 0o600)
	}
}

func also(name, text string) func(string) error {
	return func(dir string) error {
		file := filepath.Join(dir, name)
		return errors.Join(broken(`name: "p"`, `name: "p"`)(dir), os.MkdirAll(filepath.Dir(file), 0o700),
			os.WriteFile(file, []byte(text), 0o600))
	}
}

var mistakesOfFolders = []mistake{
	{"no folder", os.Remove, false},
	{"a file for a folder", func(dir string) error {
		return errors.Join(os.Remove(dir),
			os.WriteFile(dir, nil, 0o600))
	}, false},
	{"an empty folder", func(string) error { return nil }, false},
	{"CUE that does not parse", broken(`name: "p"`, `name: "p`), false},
	{"an unknown field", broken(`target: "y"`, `targt: "y"`), false},
	{"an unknown reference", broken(`dataset: "d"`, `dataset: "dd"`), false},
	{"a wrong type", broken(`target: "y"`, `target: 7`), false},
	{"two blueprints", also("q.cue", strings.Replace(sound, "package p", "package q", 1)), false},
	{"a file that cannot be read", func(dir string) error {
		return errors.Join(broken(`name: "p"`, `name: "p"`)(dir),
			os.Symlink("loop.cue", filepath.Join(dir, "loop.cue")))
	}, false},
	{"no data", also("README", ""), true},
	{"a state that is no database", also(".ashlar/registry.db", "no database"), true},
	{"a state that is a file", also(".ashlar", ""), true},
	{"a policy that does not parse", also("policies/x.cue", "package x\n{"), true},
}

// words are what stands for the words of a verb's Use.
var words = map[string]string{
	"NAME": "m", "VERSION": "1", "PIPELINE": "l", "STAGE": "train", "PATH": "train/none",
	"RULE": "reliability/production-replicas",
	"RUN":  "last", "TIME": "now", "SHELL": "bash", "FILE": "nothing.json", "REFERENCE": "localhost:1/a:1", "URL": "oci://localhost:1/a:1", "TOOL": "flux",
	"COMMAND": "true", "DATE": "2026-11-01", "NUMBER": "12", "FIELD|CODE": "datasets.columns",
}

// leaves are the verbs that do something. Those that hand everything on to
// another program have no flags of their own.
func leaves(c *cobra.Command) (out []*cobra.Command) {
	for _, below := range c.Commands() {
		if !below.DisableFlagParsing && below.Name() != "help" {
			out = append(out, leaves(below)...)
		}
	}
	if !c.HasSubCommands() {
		out = append(out, c)
	}
	return out
}

// line is the verb as its Use says, about the folder.
func line(c *cobra.Command, dir string) []string {
	args := strings.Fields(c.CommandPath())[1:]
	var flags []string
	for _, word := range strings.Fields(c.Use)[1:] {
		word = strings.Trim(word, "[].")
		switch {
		case word == "DIR":
			args = append(args, dir)
		case strings.HasPrefix(word, "--"):
			flags = append(flags, word)
		case len(flags) > 0:
			flags = append(flags, words[word])
		default:
			args = append(args, words[word])
		}
	}
	if c.Flags().Lookup("dir") != nil || c.InheritedFlags().Lookup("dir") != nil {
		flags = append(flags, "--dir", dir)
	}
	if c.InheritedFlags().Lookup("binary") != nil {
		flags = append(flags, "--binary", filepath.Join(dir, "nothing")) // or it is compiled
	}
	return append(args, flags...)
}

// closed is a standard input that cannot be read.
type closed struct{}

func (closed) Read([]byte) (int, error) { return 0, os.ErrClosed }

// ran runs one line and returns what is wrong with how it ended.
func ran(args []string, output string, in io.Reader, mustFail bool) string {
	var out, errw bytes.Buffer
	code := run(context.Background(), append(slices.Clone(args), "--output", output), in, &out, &errw)
	said := strings.TrimSpace(errw.String())
	if output != "text" {
		said = strings.TrimSpace(said + out.String())
	}
	switch {
	case code == plan.ExitInternal || strings.Contains(said, "goroutine "):
		return fmt.Sprintf("exit code %d, which is for defects and outages:\n%s", code, said)
	case mustFail && code == plan.ExitOK:
		return fmt.Sprintf("exit code 0:\n%s", out.String())
	case code != plan.ExitOK && code != plan.ExitFindings && code != plan.ExitInput:
		return fmt.Sprintf("exit code %d", code)
	case code != plan.ExitOK && len(said) < 12:
		return fmt.Sprintf("exit code %d, and says only %q", code, said)
	}
	if output == "json" || output == "sarif" {
		dec := json.NewDecoder(&out)
		for {
			var v any
			if err := dec.Decode(&v); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return fmt.Sprintf("exit code %d, and standard output is no JSON: %v\n%s", code, err, said)
			}
		}
	}
	return ""
}

// quiet keeps the verbs from what is around the test.
func quiet(t *testing.T) {
	for _, name := range []string{"GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH",
		"ASHLAR_DATABASE", "GITHUB_API_URL"} {
		t.Setenv(name, "")
	}
	t.Setenv("ASHLAR_USER", "ada@example.com")
	t.Chdir(t.TempDir())
}

func forms(c *cobra.Command) []string {
	return append([]string{"text", "json"}, strings.Fields(c.Annotations["outputs"])...)
}

func has(c *cobra.Command, flag string) bool {
	return c.Flags().Lookup(flag) != nil || c.InheritedFlags().Lookup(flag) != nil
}

// wrongFolders runs every verb over every mistake and returns what ended
// otherwise than it should, and how many lines were run.
func wrongFolders(t *testing.T) (found []string, cells int) {
	t.Helper()
	base := t.TempDir()
	for _, c := range leaves((&app{}).root()) {
		for _, m := range mistakesOfFolders {
			dir := filepath.Join(base, fmt.Sprint(cells))
			if err := errors.Join(os.Mkdir(dir, 0o700), m.make(dir)); err != nil {
				t.Fatal(err)
			}
			args := line(c, dir)
			environments := [][]string{nil}
			if has(c, "env") {
				environments = [][]string{nil, {"--env", "prod"}, {"--env", "nowhere"}}
			}
			for i, output := range forms(c) {
				for j, env := range environments {
					if i > 1 && j > 1 || i == 0 && j == 1 && !slices.Contains(args, "check") {
						continue // every form and every environment, but not all pairs
					}
					cells++
					reads := has(c, "env") && len(c.Annotations["optional"]) == 0
					mustFail := reads && (!m.sound || slices.Contains(env, "nowhere"))
					if wrong := ran(append(slices.Clone(args), env...), output, closed{}, mustFail); wrong != "" {
						found = append(found,
							fmt.Sprintf("%s: ashlar %s --output %s: %s", m.name,
								strings.Join(append(slices.Clone(args), env...), " "), output, wrong))
					}
				}
			}
		}
	}
	return found, cells
}

func TestEveryVerbRefusesEveryWrongFolder(t *testing.T) {
	quiet(t)
	found, cells := wrongFolders(t)
	for _, f := range found {
		t.Error(f)
	}
	if t.Logf("%d lines", cells); cells < 500 {
		t.Errorf("only %d lines were run; have the verbs moved?", cells)
	}
}

// badValues are values that a flag of the type cannot have.
var badValues = map[string][]string{
	"int": {"x", "1.5", "99999999999999999999"}, "bool": {"maybe"}, "duration": {"soon"},
	"int64": {"x"}, "float64": {"x"},
}

func TestEveryVerbRefusesEveryWrongWord(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	if err := broken(`name: "p"`, `name: "p"`)(dir); err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, c := range leaves((&app{}).root()) {
		wrong := [][]string{{"--no-such-flag"}, {"--no-such-flag=1"}, {"-Z"}}
		if c.Args != nil || !strings.Contains(c.Use, "...") {
			wrong = append(wrong, slices.Repeat([]string{"unknown"}, 9))
		}
		each := func(f *pflag.Flag) {
			for _, v := range badValues[f.Value.Type()] {
				wrong = append(wrong, []string{"--" + f.Name + "=" + v})
			}
			if f.Value.Type() != "bool" && f.NoOptDefVal == "" {
				wrong = append(wrong, []string{"--" + f.Name}) // without its value, at the end
			}
		}
		c.Flags().VisitAll(each)
		c.InheritedFlags().VisitAll(each)
		for _, w := range wrong {
			for _, output := range []string{"text", "json"} {
				cells++
				args := append(append([]string{"--output", output}, line(c, dir)...), w...)
				var out, errw bytes.Buffer
				code := run(context.Background(), args, closed{}, &out, &errw)
				said := errw.String() + out.String()
				if code != plan.ExitInput || len(said) < 12 || strings.Contains(said, "goroutine ") {
					t.Errorf("ashlar %s: exit code %d, want %d:\n%s", strings.Join(args, " "),
						code, plan.ExitInput, said)
				}
			}
		}
	}
	t.Logf("%d lines", cells)
	for _, args := range [][]string{{"chekc"}, {"model", "lst"}, {"check", "--output", "jsno"},
		{"pipeline", "runn", "l"}} {
		if code := run(context.Background(), args, closed{}, io.Discard, io.Discard); code != plan.ExitInput {
			t.Errorf("ashlar %s: exit code %d", strings.Join(args, " "), code)
		}
	}
}

// TestTheMatrixBites plants a verb that panics and one that takes what is wrong.
func TestTheMatrixBites(t *testing.T) {
	quiet(t)
	whole := verbs
	defer func() { verbs = whole }()
	for name, run := range map[string]func(*cobra.Command, []string) error{
		"a verb that panics": func(*cobra.Command,
			[]string) error {
			var none []string
			_ = none[1]
			return nil
		},
		"a verb that takes all":            func(*cobra.Command, []string) error { return nil },
		"a verb that says nothing":         func(*cobra.Command, []string) error { return silent{errFindings} },
		"a verb that blames itself for it": func(*cobra.Command, []string) error { return context.DeadlineExceeded },
	} {
		verbs = []func(*app) *cobra.Command{func(*app) *cobra.Command {
			c := &cobra.Command{Use: "planted [DIR]", RunE: run}
			c.Flags().String("env", "", "")
			return c
		}}
		if found, _ := wrongFolders(t); len(found) == 0 {
			t.Errorf("%s goes unnoticed", name)
		}
	}
}

func TestEveryVerbHasAnExample(t *testing.T) {
	root := (&app{}).root()
	for _, c := range append(leaves(root), root.Commands()...) {
		if strings.TrimSpace(c.Example) == "" && c.Name() != "version" && c.Name() != "help" {
			t.Errorf("%s --help has no example", c.CommandPath())
		}
	}
}
