package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// document is a parsed page.
type document struct {
	source  []byte
	root    ast.Node
	title   string
	anchors map[string]bool
}

// markdown is CommonMark with GitHub's tables. HTML in Markdown is not passed on: see htmlNodes.
func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(&htmlNodes{}, 100))),
	)
}

func parse(source []byte) *document {
	d := &document{source: source, anchors: map[string]bool{}}
	ctx := parser.NewContext(parser.WithIDs(&anchors{taken: d.anchors}))
	d.root = markdown().Parser().Parse(text.NewReader(source), parser.WithContext(ctx))
	for n := d.root.FirstChild(); n != nil && d.title == ""; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			d.title = plain(h, source)
		}
	}
	return d
}

// plain is the text of a node without its markup.
func plain(n ast.Node, source []byte) string {
	var out strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			out.Write(t.Segment.Value(source))
			continue
		}
		out.WriteString(plain(c, source))
	}
	return out.String()
}

// render converts the page with its links rewritten. The error joins every link that
// leads nowhere; the HTML is whole beside it.
func (s *site) render(p *page, d *document) (string, error) {
	err := s.follow(p, d.root)
	var out bytes.Buffer
	if failed := markdown().Renderer().Render(&out, d.source, d.root); failed != nil {
		return "", fmt.Errorf("%s: %w", p.source, failed)
	}
	return out.String(), err
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// anchors names headings as GitHub does, so that a link with a section works in both.
type anchors struct{ taken map[string]bool }

// Generate returns the anchor of a heading, with -1, -2, ... if it is taken.
func (a *anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	words := strings.ToLower(strings.TrimSpace(string(value)))
	base := strings.ReplaceAll(notInAnchors.ReplaceAllString(words, ""), " ", "-")
	id := base
	for n := 1; a.taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	a.taken[id] = true
	return []byte(id)
}

// Put records an anchor that the page itself gives.
func (a *anchors) Put(value []byte) { a.taken[string(value)] = true }

// htmlNodes renders what is not plain Markdown: diagrams as figures, line breaks in
// tables, and any other HTML as the text that it is. Comments are for authors and are
// left out.
type htmlNodes struct{}

// RegisterFuncs is called by goldmark.
func (h *htmlNodes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, inlineHTML)
	r.Register(ast.KindHTMLBlock, blockHTML)
	r.Register(ast.KindFencedCodeBlock, fence)
}

func inlineHTML(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	raw := n.(*ast.RawHTML)
	var text strings.Builder
	for i := range raw.Segments.Len() {
		segment := raw.Segments.At(i)
		text.Write(segment.Value(source))
	}
	switch {
	case text.String() == "<br>":
		_, _ = w.WriteString("<br>") // a bufio.Writer keeps its error until the end
	case !strings.HasPrefix(text.String(), "<!--"):
		html.DefaultWriter.RawWrite(w, []byte(text.String()))
	}
	return ast.WalkContinue, nil
}

func blockHTML(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := n.(*ast.HTMLBlock)
	text := lines(block, source)
	if block.HasClosure() {
		text += string(block.ClosureLine.Value(source))
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "<!--") {
		_, _ = w.WriteString("<p>")
		html.DefaultWriter.RawWrite(w, []byte(text))
		_, _ = w.WriteString("</p>\n")
	}
	return ast.WalkContinue, nil
}

// fence writes a block of code. A Mermaid diagram is a figure: drawn where it is small,
// and as its text otherwise.
func fence(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	text := lines(n, source)
	code := func() {
		_, _ = w.WriteString(`<pre tabindex="0"><code>`)
		html.DefaultWriter.RawWrite(w, []byte(text))
		_, _ = w.WriteString("</code></pre>\n")
	}
	if string(n.(*ast.FencedCodeBlock).Language(source)) != "mermaid" {
		code()
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<figure>\n")
	if g, ok := parseDiagram(text); ok {
		_, _ = w.WriteString(g.draw())
	} else {
		code()
		_, _ = w.WriteString("<figcaption>A diagram in Mermaid's notation. GitHub draws it.</figcaption>\n")
	}
	_, _ = w.WriteString("</figure>\n")
	return ast.WalkContinue, nil
}

func lines(n ast.Node, source []byte) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		out.Write(line.Value(source))
	}
	return out.String()
}
