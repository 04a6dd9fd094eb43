package script

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// consoleBlock is a block of commands with prompts, and the comment above it that says
// why it is not run, if any.
var consoleBlock = regexp.MustCompile("(?s)(?:<!-- not run: ([^>]*) -->\n)?```console\n(.*?)```")

// console is what the prompts of a page need around them.
type console struct {
	setup  string   // commands that run before, in the same shell
	python string   // a module without which the page is skipped
	github bool     // a double of GitHub
	want   []string // what the output must contain
}

const (
	shop     = "ashlar init shop\n"
	strength = "ashlar init strength --example concrete-xgboost\n"
	commits  = "git init -q -b main && git config user.name Ada && git config user.email ada@example.com\n"
	// Two versions that may be served, the first of them pinned, and the change that
	// the picture of a comment shows.
	versions = `ashlar init credit --example credit && git add -A && git commit -q -m Begin
cd shop
ashlar up --env prod --build || true
ashlar model approve default-risk 1 --by risk-officers && ashlar model promote default-risk 1
sed -i 's/max_depth: 10/max_depth: 11/' credit.cue
ashlar up --env prod --build || true
ashlar model approve default-risk 2 --by risk-officers
cd ..
sed -i 's/max_depth: 10/max_depth: 12/; s/roc_auc: >=0.78/roc_auc: >=0.75/' credit/credit.cue
git add -A && git commit -q -m "Serve version 1, change credit"
`
)

// consoles is the list that a page with prompts is added to. A page whose blocks all
// say why they are not run is not in it.
var consoles = map[string]console{
	"docs/how-to/ci-github.md": {setup: commits + shop + versions, github: true, want: []string{
		"4 steps done", "**loosened** `model default-risk`",
		"default-risk is pinned to version 2 in prod", "pull request created",
	}},
	"docs/how-to/access.md":    {setup: shop + "cd shop\n", want: []string{"it is not shown again", "valid"}},
	"docs/how-to/ci-gitlab.md": {setup: shop, want: []string{"1 workflow in shop/.gitlab-ci.yml"}},
	"docs/how-to/drift.md":     {setup: shop, want: []string{"model_predictions_total"}},
	"docs/how-to/notebook.md": {setup: strength + "ashlar up strength --build\n", python: "xgboost",
		want: []string{`"status": "succeeded"`}},
	"docs/how-to/own-python.md": {python: "xgboost", want: []string{"serves strength version 1"}},
	"docs/how-to/pipelines.md": {setup: strength + "cd strength && ashlar up --build\n", python: "xgboost",
		want: []string{"6 of 6: 2026-11-01"}},
	"docs/how-to/policies.md": {setup: shop, want: []string{"reliability/production-replicas", `"$schema"`}},
}

// prompts are the commands of a page's blocks that are run, and how many blocks are not.
func prompts(text string) (lines []string, unrun int) {
	for _, m := range consoleBlock.FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			unrun++
			continue
		}
		for _, line := range strings.Split(m[2], "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				lines = append(lines, command)
			}
		}
	}
	return lines, unrun
}

func TestPromptsAreReadAndReasonsRespected(t *testing.T) {
	text := "```console\n$ a   # b\nsays\n$ c\n```\n<!-- not run: it needs the moon -->\n```console\n$ d\n```\n<!-- other -->\n```console\n$ e\n```\n"
	lines, unrun := prompts(text)
	if got := strings.Join(lines, "|"); got != "a   # b|c|e" || unrun != 1 {
		t.Errorf("prompts %q, %d blocks not run", got, unrun)
	}
}

// TestConsoles runs the prompts of each page in order, in one shell that stops at the
// first failure.
func TestConsoles(t *testing.T) {
	for _, name := range markdown(t) {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		lines, _ := prompts(string(text))
		c, listed := consoles[name]
		if listed != (len(lines) > 0) {
			t.Errorf("%s has %d prompts, and is listed: %v; add it to consoles, or say why it is not run: <!-- not run: REASON -->", name, len(lines), listed)
		}
		if !listed || len(lines) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.run(t, lines)
		})
	}
}

// markdown are the pages that people write.
func markdown(t *testing.T) (names []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/how-to/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(name))
		}
	}
	return names
}

// serving is a command that a reader leaves running in a terminal.
var serving = regexp.MustCompile(`^ashlar up [a-z]+$`)

// usual is the address that pages name; a test takes a free port in its place.
const usual = "127.0.0.1:8080"

func (c console) run(t *testing.T, lines []string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("skipped: there is no curl on PATH")
	}
	if c.python != "" && !imports("python3", c.python) {
		t.Skipf("skipped: python3 cannot import %s", c.python)
	}
	address := free(t)
	script := "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n" + c.setup
	for _, line := range lines {
		script += fmt.Sprintf("printf '$ %%s\\n' %s\n", quoted(line))
		if serving.MatchString(line) {
			line += " --listen " + address + " & until curl -sf http://" + address +
				"/health >/dev/null; do kill -0 $!; sleep 0.1; done"
		}
		script += strings.ReplaceAll(line, usual, address) + "\n"
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "ASHLAR_USER=ada", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"ASHLAR_DATABASE=", "GITHUB_TOKEN=")
	if c.github {
		hub := githubtest.New(t)
		cmd.Env = append(cmd.Env, "GITHUB_REPOSITORY=acme/shop", "GITHUB_API_URL="+hub.URL, "GITHUB_TOKEN="+
			githubtest.Token, "GITHUB_EVENT_PATH=", "GITHUB_SHA=")
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range c.want {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// free is an address that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// quoted is a word of the shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
