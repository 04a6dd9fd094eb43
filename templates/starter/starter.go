// Package starter writes the files of a new repository around a table that
// somebody already has: a blueprint with every column typed, a model, an
// endpoint and a drift watch, each ready to be edited.
//
// What is written passes `ashlar check` as it is, and what it expects holds of
// the table. Gates start just above guessing, because only the owner of the data
// knows what is good enough.
package starter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

//go:embed files
var files embed.FS

// Column is a column of the table in its order.
type Column struct {
	Name string
	plan.Column
	// Notes are sentences above the column.
	Notes []string
}

// Excluded is a column that the model does not learn from, and why.
type Excluded struct{ Name, Why string }

// Blueprint is what the starter needs to know.
type Blueprint struct {
	Name    string // of the blueprint: letters, digits and dashes
	Source  string // path of the table inside the new repository
	CSV     plan.CSVOptions
	Columns []Column
	Rows    int64
	Target  string
	// TargetNotes are sentences above the model's target.
	TargetNotes []string
	// TargetMissing is how many rows have no target.
	TargetMissing int64
	// Classes are the target's rows by class; none for a number.
	Classes map[string]int64
	Exclude []Excluded
	Team    string
	Email   string
}

// Files returns the new repository's files by path. It errs, with all reasons,
// when the target is no column or cannot be learnt.
func (b Blueprint) Files() (map[string][]byte, error) {
	target, err := b.target()
	if err != nil {
		return nil, err
	}
	view := map[string]any{
		"B": b, "Target": target, "Package": strings.ReplaceAll(b.Name, "-", "_"), "Delimiter": delimiter(b.CSV),
		"Gate": gate(b.Classes), "Folds": folds(b.Classes, b.Rows), "Expect": b.expectations(),
	}
	if len(target.Values) == 2 {
		view["Positive"], view["Negative"] = slices.Max(target.Values), slices.Min(target.Values)
	}
	out, err := Static(b.Name)
	if err != nil {
		return nil, err
	}
	text, err := render("files/blueprint.cue.tmpl", view)
	if err != nil {
		return nil, err
	}
	out[b.Name+".cue"] = text
	return out, nil
}

// delimiter is the delimiter where it is not the default.
func delimiter(o plan.CSVOptions) string {
	if o.Delimiter == "," {
		return ""
	}
	return o.Delimiter
}

func (b Blueprint) target() (Column, error) {
	i := slices.IndexFunc(b.Columns, func(c Column) bool { return c.Name == b.Target })
	if i < 0 {
		return Column{}, fmt.Errorf("target %q is not a column of the table", b.Target)
	}
	c := b.Columns[i]
	switch {
	case c.Type == plan.Category && len(c.Values) < 2:
		return c, fmt.Errorf("target %q has %d distinct values; a model needs at least two to tell apart", b.Target,
			len(c.Values))
	case c.Type == plan.Text || c.Type == plan.Timestamp:
		return c, fmt.Errorf("target %q is a %s column; predict a category, a boolean or a number", b.Target, c.Type)
	}
	return c, nil
}

// Static returns the files that do not depend on the table.
func Static(name string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for from, to := range map[string]string{
		"gitignore.tmpl": ".gitignore", "README.md.tmpl": "README.md",
		"PulumiPolicy.yaml.tmpl": "policies/PulumiPolicy.yaml",
		"house.cue.tmpl":         "policies/house.cue", "house_test.cue.tmpl": "policies/house_test.cue",
	} {
		text, err := render("files/"+from, map[string]any{"Name": name})
		if err != nil {
			return nil, err
		}
		out[to] = text
	}
	return out, nil
}

// PulumiFile is where Pulumi looks for the project, below a repository's root.
const PulumiFile = "Pulumi.yaml"

// Pulumi returns the Pulumi.yaml of a repository, which is the owner's: the project is
// named after both, since stacks of one project and name are one stack to Pulumi, and
// physical names are made of it.
func Pulumi(owner, repository string) ([]byte, error) {
	return render("files/Pulumi.yaml.tmpl", map[string]any{"Project": project(owner, repository)})
}

// maxProject is the longest name of a project that Pulumi takes.
const maxProject = 100

// project joins the names as Pulumi spells a project's: what it does not take becomes a
// dash. An owner that the repository's name begins with is not repeated.
func project(owner, repository string) string {
	clean := func(name string) string {
		return strings.Trim(strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.' {
				return c
			}
			return '-'
		}, strings.ToLower(name)), "-._")
	}
	owner, repository = clean(owner), clean(repository)
	name := owner + "-" + repository
	if owner == "" || repository == owner || strings.HasPrefix(repository, owner+"-") {
		name = repository
	}
	return strings.Trim(name[:min(len(name), maxProject)], "-._")
}

func render(name string, view any) ([]byte, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	t, err := template.New(path.Base(name)).Funcs(template.FuncMap{"quote": quote, "comment": comment,
		"wrapped": wrapped}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, view); err != nil {
		return nil, errors.Join(fmt.Errorf("template %s", name), err)
	}
	return out.Bytes(), nil
}
