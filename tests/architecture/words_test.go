package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stilted are phrases that readers have to read twice, with what to write instead.
var stilted = []struct {
	phrase  *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b(is|are) no [a-z]+(-[a-z]+)? ?(\b|[a-z ]*:)`), "is not a ..., is not a valid ..."},
	{regexp.MustCompile(`\bone's own\b|\bof your own\b`), "custom, your"},
	{regexp.MustCompile(`\bcomes? to\b`), "is, results in, the impact of"},
	{regexp.MustCompile(`\b(hold|holds|held) [^.;:]{0,40}against\b`), "compare with, check against"},
	{regexp.MustCompile(`\bstands? (up|here|there|beside|in|on|for|before)\b|\bstood up\b`), "run, deploy, is, means"},
	{regexp.MustCompile(`\bat hand\b`), "available, installed, configured"},
	{regexp.MustCompile(`\bdefect of ours\b`), "internal error"},
	{regexp.MustCompile(`\banew\b`), "again"},
	{regexp.MustCompile(`\b(nobody|people|others) (is|are|can be|could be) told\b|\btells? others\b`), "notify"},
	{regexp.MustCompile(`\bgoes on (where|from|with)\b`), "continues"},
	{regexp.MustCompile(`\btake[sn]? back\b|\btaken back\b`), "revert, delete"},
	{regexp.MustCompile(`\btakes the place of\b`), "replaces"},
}

// plain are exceptions: phrases that only look like a stilted one.
var plain = regexp.MustCompile(`(?i)\b(is|are) no (longer|more than|less than)\b|there (is|are) no\b|\bwhere there (is|are) no\b|\bif (it )?there (is|are) no\b`)

// unplain returns the stilted phrase in a text that people read, and what to
// write instead.
func unplain(text string) (phrase, instead string) {
	text = plain.ReplaceAllString(text, "")
	for _, s := range stilted {
		if found := s.phrase.FindString(text); found != "" {
			return found, s.instead
		}
	}
	return "", ""
}

func TestStiltedPhrasesAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"%q is no mail address":                       true,
		"stages of one's own":                         true,
		"what a change comes to":                      true,
		"hold resources against the rules":            true,
		"stand a blueprint up here":                   false,
		"there is nothing to stand up here":           true,
		"no registry is at hand":                      true,
		"a defect of ours":                            true,
		"there is no such path":                       false,
		"the job is no longer there":                  false,
		"%q is not a valid email address":             false,
		"compare with the standard error of the mean": false,
	} {
		if phrase, _ := unplain(text); (phrase != "") != want {
			t.Errorf("%q: found %q", text, phrase)
		}
	}
}

// texts calls visit with each text of a Go file that people may see.
func texts(t *testing.T, path string, visit func(line int, text string)) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && strings.Count(l.Value, " ") > 1 {
			visit(set.Position(l.Pos()).Line, l.Value)
		}
		return true
	})
}

func TestWhatPeopleReadIsPlain(t *testing.T) {
	root := filepath.Join("..", "..")
	complain := func(path string, line int, text string) {
		if phrase, instead := unplain(text); phrase != "" {
			t.Errorf("%s:%d: %q: write %s", path, line, phrase, instead)
		}
	}
	for _, top := range []string{"cmd", "blueprints", "policies", "stacks", "runtime", "templates", "components"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir() && d.Name() != "testdata":
				return err
			case d.IsDir():
				return fs.SkipDir
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				texts(t, path, func(line int, text string) { complain(path, line, text) })
			case strings.HasSuffix(path, ".cue"):
				lines(t, path, complain)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"} {
		pages, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(pages) == 0 {
			t.Fatalf("%s: no page (%v)", pattern, err)
		}
		for _, page := range pages {
			lines(t, page, complain)
		}
	}
}

// lines calls visit with each line of a text file.
func lines(t *testing.T, path string, visit func(path string, line int, text string)) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		visit(path, i+1, line)
	}
}
