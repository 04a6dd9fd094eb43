package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Bounds of what is read: a page is text that somebody wrote, a picture fits a screen.
const (
	maxPage    = 4 << 20 // bytes
	maxPicture = 4 << 20 // bytes
)

// rootPages are the pages outside of docs/ that the documentation links to.
var rootPages = []string{"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}

//go:embed layout.html
var layout string

//go:embed style.css
var style []byte

// site is the documentation in memory. Paths have slashes and are relative to the
// repository's root.
type site struct {
	files    fs.FS
	pages    map[string]*page // by the path of the Markdown
	pictures map[string]bool  // that pages show
	nav      []section
}

// page is one page: its Markdown and the HTML of it.
type page struct {
	source, out, title string
	body               template.HTML // made by goldmark, which escapes what it writes
	anchors            map[string]bool
}

// load reads and converts every page. Its errors are all links that lead nowhere.
func load(files fs.FS) (*site, error) {
	s := &site{files: files, pages: map[string]*page{}, pictures: map[string]bool{}}
	sources := slices.Clone(rootPages)
	err := fs.WalkDir(files, "docs", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(p) == ".md" {
			sources = append(sources, p)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, source := range sources {
		text, err := bounded(files, source, maxPage)
		if err != nil {
			return nil, err
		}
		texts[source] = text
		s.pages[source] = &page{source: source, out: outOf(source)}
	}
	// Anchors of all pages are known before links are followed.
	parsed := map[string]*document{}
	for source, p := range s.pages {
		parsed[source] = parse(texts[source])
		p.title, p.anchors = parsed[source].title, parsed[source].anchors
	}
	var problems []error
	for _, source := range sources {
		body, err := s.render(s.pages[source], parsed[source])
		problems = append(problems, err)
		s.pages[source].body = template.HTML(body)
	}
	s.nav = navigation(texts["docs/README.md"])
	return s, errors.Join(problems...)
}

// bounded reads a file of at most so many bytes.
func bounded(files fs.FS, name string, most int64) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := plan.ReadAll(f, name, most)
	return text, errors.Join(err, f.Close())
}

// outOf is where the page of a Markdown file is in the site: docs/ is its root, and
// a README is the index of its folder.
func outOf(source string) string {
	out := strings.TrimPrefix(source, "docs/")
	dir, file := path.Split(out)
	name := strings.TrimSuffix(file, ".md")
	if name == "README" {
		name = "index"
	}
	return dir + strings.ToLower(name) + ".html"
}

// relative is the link from one file of the site to another.
func relative(from, to string) string {
	rel, err := filepath.Rel(path.Dir("/"+from), "/"+to)
	if err != nil {
		return to // both are absolute here, so there is always a way
	}
	return filepath.ToSlash(rel)
}

// view is what the layout shows.
type view struct {
	Title, Home, Style string
	Nav                []section
	Body               template.HTML
}

// write writes the pages, their pictures and the stylesheet.
func (s *site) write(folder string) error {
	t, err := template.New("page").Parse(layout)
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	out := map[string][]byte{"style.css": style}
	for _, p := range s.pages {
		var text bytes.Buffer
		v := view{Title: p.title, Home: relative(p.out, "index.html"), Style: relative(p.out, "style.css"),
			Nav: s.navOf(p), Body: p.body}
		if err := t.Execute(&text, v); err != nil {
			return fmt.Errorf("%s: %w", p.source, err)
		}
		out[p.out] = text.Bytes()
	}
	for picture := range s.pictures {
		if out[strings.TrimPrefix(picture, "docs/")], err = bounded(s.files, picture, maxPicture); err != nil {
			return err
		}
	}
	for name, text := range out {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
