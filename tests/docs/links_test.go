package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced  = regexp.MustCompile("(?s)```.*?```")
	inCode  = regexp.MustCompile("`[^`\n]*`")
	noWord  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchor is what GitHub makes of a heading.
func anchor(text string) string {
	return strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
}

// broken returns the links of a file of Markdown that lead nowhere.
func broken(file, text string) []string {
	var out []string
	text = inCode.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
			continue
		}
		path, section, _ := strings.Cut(m[1], "#")
		target := file
		if path != "" {
			target = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
		}
		if _, err := os.Stat(target); err != nil {
			out = append(out, m[1])
			continue
		}
		if section != "" && !hasAnchor(target, section) {
			out = append(out, m[1])
		}
	}
	return out
}

func hasAnchor(file, section string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		if anchor(m[1]) == section {
			return true
		}
	}
	return false
}

// TestEveryLinkLeadsSomewhere follows the relative links of every Markdown file.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	links := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root ||
			d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		links += len(link.FindAllString(string(text), -1))
		for _, l := range broken(path, string(text)) {
			t.Errorf("%s links to %s, which is not there", path, l)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if links < 40 {
		t.Errorf("only %d links were followed", links)
	}
}

func TestABrokenLinkIsFound(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.md")
	text := "# One thing\n[a](b.md) [b](#one-thing) [c](#other) [d](https://example.com/x) `[e](f.md)`\n```\n[g](h.md)\n```\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(broken(file, text), " "); got != "b.md #other" {
		t.Errorf("found %q", got)
	}
}
