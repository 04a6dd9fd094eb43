package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	anchorOf  = regexp.MustCompile(`id="([^"]*)"`)
)

// published writes the site of this repository and returns its files.
func published(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	var out, errw bytes.Buffer
	if code := run([]string{"-root", "../..", "-out", folder}, &out, &errw); code != 0 {
		t.Fatalf("exit code %d: %s", code, errw.String())
	}
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(folder, name)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// leads reports whether a link of a page leads to a file of the site and an anchor in
// it, and to which file.
func leads(files map[string]string, from, link string) (string, bool) {
	file, section, _ := strings.Cut(link, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	text, ok := files[to]
	if !ok || section == "" {
		return to, ok
	}
	for _, m := range anchorOf.FindAllStringSubmatch(text, -1) {
		if m[1] == section {
			return to, true
		}
	}
	return to, false
}

func TestEveryLinkOfTheSiteLeadsSomewhere(t *testing.T) {
	files, links := published(t), 0
	linked := map[string]bool{"index.html": true}
	for name, text := range files {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], "https://") || strings.HasPrefix(m[1], "http://127.0.0.1") {
				continue
			}
			links++
			to, ok := leads(files, name, m[1])
			if !ok {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
			if to != name {
				linked[to] = true
			}
		}
	}
	for name := range files {
		if !linked[name] {
			t.Errorf("nothing links to %s", name)
		}
	}
	if t.Logf("%d links in %d files", links, len(files)); links < 500 || len(files) < 50 {
		t.Errorf("only %d links in %d files", links, len(files))
	}
}

func TestTheSiteLoadsNothingFromElsewhere(t *testing.T) {
	for name, text := range published(t) {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, bad := range []string{"<script", `src="http`, "onclick=", "javascript:", "<iframe", "style="} {
			if strings.Contains(strings.ToLower(text), bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
		if !strings.Contains(text, "default-src 'none'") || !strings.Contains(text, `<nav aria-label="Pages">`) {
			t.Errorf("%s lacks its policy or the navigation", name)
		}
	}
}

// small is a repository with three pages, one of them given.
func small(page string) fs.FS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"CHANGELOG.md": text("# Changes\n"), "CONTRIBUTING.md": text("# How\n"), "SECURITY.md": text("# Safe\n"),
		"go.mod":         text("module x\n"),
		"docs/README.md": text("# Docs\n\n| start | |\n|---|---|\n| [A page](a/page.md) | |\n"),
		"docs/a/page.md": text(page), "docs/images/p.png": text("png"),
	}
}

func body(t *testing.T, page string) string {
	t.Helper()
	s, err := load(small(page))
	if err != nil {
		t.Fatal(err)
	}
	return string(s.pages["docs/a/page.md"].body)
}

func TestMarkdownBecomesHTMLWithoutHTMLOfItsOwn(t *testing.T) {
	for _, c := range []struct{ name, page, want, never string }{
		{"a script", "# T\n\n<script>alert(1)</script>\n", "&lt;script&gt;", "<script"},
		{"HTML in a sentence", "# T\n\na <img src=x onerror=y> b\n", "&lt;img", "<img"},
		{"a comment", "# T\n\n<!-- for authors -->\n\nb <!-- c --> d\n", "<p>b  d</p>", "for authors"},
		{"a line break of a table", "# T\n\n| a |\n|---|\n| b<br>c |\n", "b<br>c", "&lt;br"},
		{"code", "# T\n\n```cue\na: <b> & \"c\"\n```\n", "a: &lt;b&gt; &amp; &quot;c&quot;", "<b>"},
		{"a diagram", "# T\n\n```mermaid\nflowchart LR\n    a --> b\n```\n", "<figure>\n<svg", "mermaid"},
		{"a link to a page", "# T\n\n[x](../README.md)\n", `href="../index.html"`, ".md"},
		{"a link to a section", "# T\n\n## The `x` (y)\n\n[x](page.md#the-x-y)\n", `href="#the-x-y"`, ".md"},
		{"a link to a file", "# T\n\n[x](../../go.mod)\n",
			`href="https://github.com/ashlar-dev/ashlar/blob/main/go.mod"`, "../"},
		{"a picture", "# T\n\n![x](../images/p.png)\n", `src="../images/p.png"`, "blob"},
		{"two headings of one name", "# T\n\n## A\n\n## A\n", `id="a-1"`, "a-2"},
	} {
		got := body(t, c.page)
		if !strings.Contains(got, c.want) || strings.Contains(got, c.never) {
			t.Errorf("%s: got\n%s", c.name, got)
		}
	}
}

func TestEveryDeadLinkIsReported(t *testing.T) {
	_, err := load(small("# T\n\n[a](none.md) [b](../README.md#nowhere) ![c](../images/none.png) [d](javascript:alert(1)) [e](../../../../etc/passwd) [f](../../go.mod) [g](https://example.com)\n"))
	if err == nil {
		t.Fatal("nothing is reported")
	}
	for _, want := range []string{"none.md", "#nowhere", "none.png", "javascript:alert(1)", "etc/passwd"} {
		if !strings.Contains(err.Error(), want+", which does not exist") {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "which does not exist"); n != 5 {
		t.Errorf("%d problems:\n%v", n, err)
	}
}

func TestPagesAreBounded(t *testing.T) {
	if _, err := load(small("# T\n" + strings.Repeat("x", maxPage))); err == nil ||
		!strings.Contains(err.Error(), "docs/a/page.md") {
		t.Errorf("a page without end: %v", err)
	}
}

func TestTheNavigationIsOfThePage(t *testing.T) {
	s, err := load(small("# T\n"))
	if err != nil {
		t.Fatal(err)
	}
	nav := s.navOf(s.pages["docs/a/page.md"])
	if len(nav) != 1 || nav[0].Title != "start" || len(nav[0].Links) != 1 ||
		nav[0].Links[0] != (navLink{"A page", "page.html", true}) {
		t.Errorf("%+v", nav)
	}
}

func TestWrongFlagsAreRefused(t *testing.T) {
	var out, errw bytes.Buffer
	if code := run([]string{"-no-such-flag"}, &out, &errw); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if code := run([]string{"-root", t.TempDir(), "-out", t.TempDir()}, &out, &errw); code != 1 {
		t.Errorf("without pages: exit code %d", code)
	}
}
