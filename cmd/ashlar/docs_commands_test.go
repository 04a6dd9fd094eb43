package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Every command of ours that a page shows must exist, run by a test or not: its verb
// and each of its flags, with a value of the flag's type.

var (
	fencedBlock = regexp.MustCompile("(?ms)^```(sh|console|bash|text|yaml)\n(.*?)^```")
	inlineCode  = regexp.MustCompile("`(ashlar [^`\n]+)`")
)

// shown is a command line of a page.
type shown struct{ file, line string }

// shownCommands are the lines of the pages that contain a command of ours: of blocks of
// commands and of code in a sentence.
func shownCommands(t *testing.T) (out []shown) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "dist" ||
				strings.HasPrefix(d.Name(), ".") && path != root) {
				return fs.SkipDir
			}
			return err
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range fencedBlock.FindAllStringSubmatch(string(text), -1) {
			body := strings.ReplaceAll(m[2], "\\\n", " ")
			for _, line := range strings.Split(body, "\n") {
				line, prompt := strings.CutPrefix(line, "$ ")
				if m[1] != "console" || prompt {
					out = append(out, shown{path, line})
				}
			}
		}
		for _, m := range inlineCode.FindAllStringSubmatch(fencedBlock.ReplaceAllString(string(text), ""), -1) {
			out = append(out, shown{path, m[1]})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// commandsIn splits a line of a shell into commands of words, as far as pages need it:
// quotes, comments and the operators between commands.
func commandsIn(line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	began, quote := false, rune(0)
	endWord := func() {
		if began {
			words = append(words, word.String())
		}
		word.Reset()
		began = false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, began = r, true
		case quote != 0:
			word.WriteRune(r)
		case r == '#' && !began:
			endCommand()
			return commands
		case strings.ContainsRune("|&;()<>", r):
			endCommand()
		case r == ' ' || r == '\t':
			endWord()
		default:
			word.WriteRune(r)
			began = true
		}
	}
	endCommand()
	return commands
}

// placeholder is a word in capitals, which stands for what a reader writes.
var placeholder = regexp.MustCompile(`^[A-Z|]+$`)

// wrongCommand says what is wrong with a command of ours, or "".
func wrongCommand(words []string) string {
	root := (&app{getenv: os.Getenv}).root()
	if placeholder.MatchString(words[1]) {
		return "" // any verb, as in `ashlar VERB --help`
	}
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err.Error()
	}
	// A flag without a value at the end of code in a sentence, such as `ashlar up --host`.
	parse := c.ParseFlags
	if c.DisableFlagParsing { // it parses them itself, by the same flags
		parse = c.Flags().Parse
	}
	if err := parse(rest); err != nil && !errors.Is(err, pflag.ErrHelp) &&
		!strings.Contains(err.Error(), "flag needs an argument") {
		return err.Error()
	}
	if args := c.Flags().Args(); c.HasSubCommands() && len(args) > 0 && !placeholder.MatchString(args[0]) {
		return fmt.Sprintf("%s has no verb %q", c.CommandPath(), args[0])
	}
	return ""
}

func TestEveryCommandThatAPageShowsExists(t *testing.T) {
	checked := 0
	for _, s := range shownCommands(t) {
		for _, words := range commandsIn(s.line) {
			if words[0] != "ashlar" || len(words) < 2 {
				continue
			}
			checked++
			if wrong := wrongCommand(words); wrong != "" {
				t.Errorf("%s: `%s`: %s", s.file, strings.Join(words, " "), wrong)
			}
		}
	}
	if t.Logf("%d commands", checked); checked < 200 {
		t.Errorf("only %d commands were found; have the pages another form?", checked)
	}
}

func TestACommandThatDoesNotExistIsFound(t *testing.T) {
	for line, want := range map[string]string{
		"ashlar check shop --environment dev":            "unknown flag: --environment",
		"ashlar chekc":                                   "chekc",
		"ashlar model lst":                               "lst",
		"ashlar runs list --limit many":                  "invalid argument",
		"ashlar generate manifests --to deploy":          "unknown flag: --to",
		"ashlar generate manifests --out deploy":         "",
		"ashlar model show NAME VERSION --dir shop":      "",
		"ashlar VERB --help":                             "",
		`ashlar model approve m 1 --comment "it's # ok"`: "",
	} {
		commands := commandsIn(line)
		if len(commands) != 1 {
			t.Fatalf("%s: %q", line, commands)
		}
		if got := wrongCommand(commands[0]); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if got := fmt.Sprint(commandsIn(`a && ashlar up x --once || echo "no & way"  # b ; c`)); got != "[[a] [ashlar up x --once] [echo no & way]]" {
		t.Error(got)
	}
}
