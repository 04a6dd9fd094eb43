package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// repository is where files are shown that are not pages: sources and examples.
const repository = "https://github.com/ashlar-dev/ashlar/blob/main/"

// follow rewrites the links and pictures below a node and reports those that lead
// nowhere.
func (s *site) follow(p *page, root ast.Node) error {
	var problems []error
	// The walk itself cannot fail: its function returns no error.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var destination *[]byte
		picture := false
		switch n := n.(type) {
		case *ast.Link:
			destination = &n.Destination
		case *ast.Image:
			destination, picture = &n.Destination, true
		default:
			return ast.WalkContinue, nil
		}
		to, err := s.target(p, string(*destination), picture)
		if err != nil {
			problems = append(problems, err)
		}
		*destination = []byte(to)
		return ast.WalkContinue, nil
	})
	return errors.Join(problems...)
}

// target is where a link of the page leads in the site.
func (s *site) target(p *page, link string, picture bool) (string, error) {
	dead := fmt.Errorf("%s links to %s, which does not exist", p.source, link)
	if strings.HasPrefix(link, "https://") && !picture {
		return link, nil
	}
	file, section, _ := strings.Cut(link, "#")
	source := p.source
	if file != "" {
		source = path.Join(path.Dir(p.source), file)
	}
	if picture {
		s.pictures[source] = true
		if _, err := fs.Stat(s.files, source); err != nil || !strings.HasPrefix(source, "docs/") {
			return link, dead
		}
		return relative(p.out, strings.TrimPrefix(source, "docs/")), nil
	}
	to, ok := s.pages[source]
	switch {
	case !ok && section == "":
		// A file or a folder of the repository.
		if _, err := fs.Stat(s.files, source); err != nil {
			return link, dead
		}
		return repository + source, nil
	case !ok, section != "" && !to.anchors[section]:
		return link, dead
	case section != "":
		section = "#" + section
	}
	if to == p && section != "" {
		return section, nil
	}
	return relative(p.out, to.out) + section, nil
}

// section is a table of the index: its title and the pages in it.
type section struct {
	Title string
	Links []navLink
}

// navLink is a page in the navigation; Current is the page that is shown.
type navLink struct {
	Title, To string
	Current   bool
}

var (
	tableRow  = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)
	tableLink = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
)

// navigation reads the tables of docs/README.md, so that the index and the
// navigation list the same pages. A row without a link is the head of a table.
func navigation(index []byte) (out []section) {
	for _, row := range tableRow.FindAllSubmatch(index, -1) {
		links := tableLink.FindAllSubmatch(row[1], -1)
		if len(links) == 0 {
			out = append(out, section{Title: string(row[1])})
			continue
		}
		for _, l := range links {
			if len(out) == 0 {
				out = append(out, section{})
			}
			last := &out[len(out)-1]
			last.Links = append(last.Links, navLink{Title: string(l[1]), To: path.Join("docs", string(l[2]))})
		}
	}
	return out
}

// navOf is the navigation as the page shows it: with links relative to the page, and
// with the other pages of its folder where the index lists the folder's index only.
func (s *site) navOf(p *page) []section {
	var out []section
	for _, one := range s.nav {
		shown := section{Title: one.Title}
		for _, l := range one.Links {
			if to, ok := s.pages[l.To]; ok {
				shown.Links = append(shown.Links,
					navLink{Title: l.Title, To: relative(p.out, to.out), Current: to == p})
			}
		}
		out = append(out, shown)
	}
	if dir := path.Dir(p.source); s.pages[dir+"/README.md"] != nil && dir != "docs" {
		out = append(out, s.folder(p, dir))
	}
	return out
}

// folder lists the pages of a folder of the reference.
func (s *site) folder(p *page, dir string) section {
	out := section{Title: s.pages[dir+"/README.md"].title}
	for _, source := range slices.Sorted(maps.Keys(s.pages)) {
		if to := s.pages[source]; path.Dir(source) == dir {
			out.Links = append(out.Links, navLink{Title: to.title, To: relative(p.out, to.out), Current: to == p})
		}
	}
	return out
}
