package architecture

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// attackRow is a row of SECURITY.md's table: an attack, the test that makes it,
// and the test's package.
var attackRow = regexp.MustCompile("^\\| ([^|]+) \\| `((?:Test|Fuzz)[A-Za-z0-9]+)` \\| `([a-z0-9/]+)` \\|$")

// attackFolders hold nothing but attacks, so that each of their tests is named.
var attackFolders = []string{"tests/attacks", "tests/confine"}

func TestEveryAttackOfSecurityMDHasItsTest(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	problems := attackProblems(string(text), testsOf(project(t)))
	for _, p := range problems {
		t.Error(p)
	}
}

func TestEveryAttackOfSecurityMDHasItsTestBites(t *testing.T) {
	head := "## What is tested\n\n| attack | test | package |\n|---|---|---|\n"
	tests := map[string]bool{"runtime/x.TestA": true, "tests/confine.TestB": true}
	const b = "| b | `TestB` | `tests/confine` |\n"
	for name, c := range map[string]struct{ text, want string }{
		"a sound table":             {head + "| a | `TestA` | `runtime/x` |\n" + b, ""},
		"a test that is not there":  {head + "| a | `TestC` | `runtime/x` |\n" + b, "no TestC"},
		"a test of another package": {head + "| a | `TestA` | `runtime/y` |\n" + b, "no TestA"},
		"a test that is not named":  {head + "| a | `TestA` | `runtime/x` |\n", "TestB of tests/confine"},
		"a row that occurs twice":   {head + b + b, "occurs twice"},
		"a row of another form":     {head + "| a | TestA | runtime/x |\n" + b, "is no row"},
		"no table":                  {"# Security\n", "no section"},
	} {
		got := strings.Join(attackProblems(c.text, tests), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// testsOf are the tests of the files, as folder.Name.
func testsOf(files []source) map[string]bool {
	out := map[string]bool{}
	for _, s := range files {
		if !s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil &&
				(strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				out[s.pkg()+"."+f.Name.Name] = true
			}
		}
	}
	return out
}

// attackProblems are what is wrong with the table of attacks.
func attackProblems(text string, tests map[string]bool) []string {
	_, section, ok := strings.Cut(text, "\n## What is tested\n")
	if !ok && !strings.HasPrefix(text, "## What is tested\n") {
		return []string{"SECURITY.md has no section \"What is tested\""}
	}
	if !ok {
		section = text
	}
	var out []string
	named, rows := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || line == "| attack | test | package |" || line == "|---|---|---|" {
			continue
		}
		m := attackRow.FindStringSubmatch(line)
		switch {
		case m == nil:
			out = append(out, fmt.Sprintf("SECURITY.md: %s is no row of an attack, a test in backquotes and its package in backquotes", line))
			continue
		case rows[line]:
			out = append(out, "SECURITY.md: "+line+" occurs twice")
		case !tests[m[3]+"."+m[2]]:
			out = append(out, fmt.Sprintf("SECURITY.md: there is no %s in %s", m[2], m[3]))
		}
		rows[line], named[m[3]+"."+m[2]] = true, true
	}
	for test := range tests {
		for _, folder := range attackFolders {
			name, ok := strings.CutPrefix(test, folder+".")
			if ok && !named[test] && name != "TestARowThatDoesNotHoldFails" {
				out = append(out, fmt.Sprintf("SECURITY.md does not name %s of %s", name, folder))
			}
		}
	}
	return out
}
