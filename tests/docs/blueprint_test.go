package docs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/reference"
)

// concept is a page of the blueprint's reference: a part of the schema.
type concept struct {
	file, title string
	paths       []string // whose fields it lists; a longer path on another page wins
	see         string   // a line with links to related pages
}

// concepts is the list that a new concept is added to.
var concepts = []concept{
	{"blueprint.md", "Blueprint", []string{"name", "description", "owner", "seed"}, ""},
	{"dataset.md", "Dataset", []string{"datasets"},
		"The checks of `expect` are on a [page of their own](expectations.md)."},
	{"model.md", "Model", []string{"models"},
		"Parameters by algorithm: [algorithms](algorithm.md). Gates: [require](require.md)."},
	{"algorithm.md", "Algorithms", []string{"models.NAME.params"},
		"Which parameters a model has depends on its `algorithm`: see [model](model.md)."},
	{"require.md", "Gates", []string{"models.NAME.require"}, "The gates of a [model](model.md)."},
	{"pipeline.md", "Pipeline", []string{"pipelines"}, "Custom stages: [stage](stage.md)."},
	{"stage.md", "Stage", []string{"pipelines.NAME.stages"}, "The custom stages of a [pipeline](pipeline.md)."},
	{"endpoint.md", "Endpoint", []string{"endpoints"},
		"What watches the traffic: [drift](drift.md). What is exported: [metrics](../metrics.md)."},
	{"drift.md", "Drift", []string{"endpoints.NAME.drift"}, "The drift watch of an [endpoint](endpoint.md)."},
	{"slo.md", "SLO", []string{"slos"}, ""},
	{"pin.md", "Pin", []string{"pins"}, "`ashlar model promote` writes pins: see [ashlar model](../cli/model.md)."},
	{"tracking.md", "Tracking", []string{"tracking"}, ""},
	{"environment.md", "Environment", []string{"environments"}, ""},
}

// pageOf is the page that a field belongs to, by the longest path.
func pageOf(path string) string {
	file, longest := "", -1
	for _, c := range concepts {
		for _, p := range c.paths {
			if (path == p || strings.HasPrefix(path, p+".") || strings.HasPrefix(path, p+"[]")) && len(p) > longest {
				file, longest = c.file, len(p)
			}
		}
	}
	return file
}

func TestTheReferenceOfTheBlueprintIsFresh(t *testing.T) {
	tree, err := reference.Blueprint()
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]*strings.Builder{}
	for _, c := range concepts {
		bodies[c.file] = &strings.Builder{}
	}
	var visit func(f *reference.Field)
	visit = func(f *reference.Field) {
		for _, below := range f.Fields {
			page := pageOf(below.Path)
			if page == "" {
				t.Errorf("%s is on no page; add it to a concept", below.Path)
				continue
			}
			if below.Like() == "" || pageOf(below.Like()) != page {
				writeField(bodies[page], below, like(below, page))
			}
			visit(below)
		}
	}
	visit(tree)
	pages := map[string]string{"README.md": blueprintIndex(tree), "expectations.md": expectationsPage()}
	for _, c := range concepts {
		see := c.see
		if see != "" {
			see += "\n\n"
		}
		pages[c.file] = "# " + c.title + "\n\n" + see + bodies[c.file].String()
	}
	fresh(t, "blueprint", pages)
	nothingElse(t, "blueprint", pages)
}

func blueprintIndex(tree *reference.Field) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# The fields of a blueprint\n\n%s\n\nGenerated from [the schema](../../../blueprints/schema). `ashlar explain FIELD` prints the same, and `ashlar schema` prints the schema for editors.\n\n", tree.Doc)
	out.WriteString("In paths `NAME` is a name that you choose and `[]` for the elements of a list. Durations are written as 50ms, 10s, 5m, 1h30m, 7d or 2w.\n\n| page | fields |\n|---|---|\n")
	for _, c := range concepts {
		fmt.Fprintf(&out, "| [%s](%s) | `%s` |\n", c.title, c.file, strings.Join(c.paths, "`, `"))
	}
	out.WriteString("| [Expectations](expectations.md) | the checks of `datasets.NAME.expect` |\n")
	return out.String()
}

// like is the field whose fields are those of f and are on the same page.
func like(f *reference.Field, page string) string {
	if len(f.Fields) == 0 || f.Fields[0].Like() == "" || pageOf(f.Fields[0].Like()) != page {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(f.Fields[0].Like(), "."+f.Fields[0].Name), "[]")
}

func writeField(out *strings.Builder, f *reference.Field, like string) {
	when := ""
	if f.When != "" {
		when = " (if " + f.When + ")"
	}
	fmt.Fprintf(out, "## `%s`%s\n\n", f.Path, when)
	facts := []string{"Type: " + f.Type}
	if need := f.Necessity(); need != "no" {
		facts = append(facts, strings.TrimSuffix("Required "+need, " yes"))
	}
	if f.Default != "" {
		facts = append(facts, "Default: `"+f.Default+"`")
	}
	if len(f.Allowed) > 0 {
		facts = append(facts, "Allowed: `"+strings.Join(f.Allowed, "`, `")+"`")
	}
	if len(f.Keys) > 0 {
		facts = append(facts, "Keys: `"+strings.Join(f.Keys, "`, `")+"`")
	}
	fmt.Fprintf(out, "%s.\n\n%s\n\n", strings.Join(facts, ". "), f.Doc)
	if like != "" {
		fmt.Fprintf(out, "It has the fields of `%s`.\n\n", like)
	}
	if example := f.Brief(); example != "" {
		fmt.Fprintf(out, "```cue\n%s\n```\n\n", example)
	}
}

func expectationsPage() string {
	var out strings.Builder
	out.WriteString("# Expectations\n\nThe checks that `datasets.NAME.expect` may list, by their Great Expectations names without `expect_`. Beside the arguments below, each takes `severity`, and those about a column take `column`: see [dataset](dataset.md).\n\n| expectation | about | arguments |\n|---|---|---|\n")
	for _, name := range blueprints.Expectations() {
		e := blueprints.DescribeExpectation(name)
		about := "the table"
		if e.Column {
			about = "a column"
		}
		var args []string
		for _, a := range e.Arguments {
			text := "`" + a.Name + "`: " + a.Type
			if a.Required {
				text += ", required"
			}
			args = append(args, text)
		}
		slices.Sort(args)
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", name, about, strings.Join(args, "<br>"))
	}
	return out.String()
}
