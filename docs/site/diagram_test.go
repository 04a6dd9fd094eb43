package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

var mermaid = regexp.MustCompile("(?s)```mermaid\n(.*?)```")

func TestEveryConceptHasAPicture(t *testing.T) {
	text, err := os.ReadFile("../concepts.md")
	if err != nil {
		t.Fatal(err)
	}
	concepts := strings.Split(string(text), "\n## ")[1:]
	if len(concepts) < 6 {
		t.Fatalf("%d concepts", len(concepts))
	}
	for _, one := range concepts {
		name, _, _ := strings.Cut(one, "\n")
		m := mermaid.FindStringSubmatch(one)
		if m == nil {
			t.Errorf("%s has no diagram", name)
			continue
		}
		g, ok := parseDiagram(m[1])
		if !ok {
			t.Errorf("the diagram of %s cannot be drawn", name)
			continue
		}
		drawn := g.draw()
		wellFormed(t, name, drawn)
		for _, e := range g.edges {
			if e.label != "" && !strings.Contains(drawn, ">"+e.label+"</text>") {
				t.Errorf("%s: the label %q is not drawn", name, e.label)
			}
		}
		apart(t, name, g)
	}
}

// wellFormed wants XML that ends.
func wellFormed(t *testing.T, name, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
	}
}

// apart wants no box on another, and every arrow to lead down.
func apart(t *testing.T, name string, g *graph) {
	t.Helper()
	for i, a := range g.nodes {
		for _, b := range g.nodes[:i] {
			beside := a.x+a.width/2 <= b.x-b.width/2 || b.x+b.width/2 <= a.x-a.width/2
			below := a.y+a.height <= b.y || b.y+b.height <= a.y
			if !beside && !below {
				t.Errorf("%s: %q is drawn on %q", name, a.lines, b.lines)
			}
		}
	}
	for _, e := range g.edges {
		if from, to := g.nodes[e.from], g.nodes[e.to]; from.y+from.height >= to.y {
			t.Errorf("%s: the arrow from %q to %q does not lead down", name, from.lines, to.lines)
		}
	}
}

func TestADiagramIsReadAsItIsWritten(t *testing.T) {
	g, ok := parseDiagram("flowchart LR\n    a[\"one <b> \"] -->|goes| b{two?}\n    a -. maybe .-> c\n    b --> c\n    d[\"alone\"]\n")
	if !ok {
		t.Fatal("it is not read")
	}
	if got := g.told(); got != "one <b> leads to two? (goes); one <b> leads to c (maybe); two? leads to c" {
		t.Error(got)
	}
	drawn := g.draw()
	for _, want := range []string{"one &lt;b&gt;</text>", `class="dashed"`, ">alone</text>", "viewBox"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%s is not in\n%s", want, drawn)
		}
	}
	if strings.Contains(drawn, "<b>") {
		t.Error("a label is HTML")
	}
	// a to c passes the row of b: with a bend, and so with two curves.
	if n := strings.Count(drawn, " C"); n != 4 {
		t.Errorf("%d curves", n)
	}
}

func TestWhatCannotBeDrawnIsShownAsText(t *testing.T) {
	many := "flowchart LR\n"
	for i := range maxNodes {
		many += fmt.Sprintf("n%d --> n%d\n", i, i+1)
	}
	for name, text := range map[string]string{
		"another kind": "sequenceDiagram\n  a->>b: x\n", "a subgraph": "flowchart LR\n  subgraph x\n  a --> b\n  end\n",
		"nothing":  "flowchart LR\n",
		"a circle": "flowchart LR\n a --> b\n b --> a\n", "many nodes": many, "many edges": "flowchart LR\n" +
			strings.Repeat("a --> b\n", maxEdges+1),
	} {
		if _, ok := parseDiagram(text); ok {
			t.Errorf("%s is drawn", name)
		}
		if got := body(t, "# T\n\n```mermaid\n"+text+"```\n"); !strings.Contains(got, "<pre") ||
			strings.Contains(got, "<svg") || !strings.Contains(got, "<figcaption>") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func FuzzDiagram(f *testing.F) {
	f.Add("flowchart LR\n a[\"x\"] -->|y| b\n a -. z .-> c{w}\n b --> c\n")
	f.Add("stateDiagram-v2\n [*] --> a: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, ok := parseDiagram(text)
		if !ok {
			return
		}
		drawn := g.draw()
		if strings.Contains(drawn, "<script") || strings.Contains(drawn, "onload=\"") ||
			len(drawn) > 10*len(text)+100_000 {
			t.Errorf("%d bytes of %q", len(drawn), text)
		}
		for _, n := range g.nodes {
			if n.width < 0 || n.x < 0 || n.y < 0 {
				t.Errorf("%+v", n)
			}
		}
	})
}
