package reference

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write explains the field to people: its own documentation, then its fields in
// brief, or with tree as a tree of all that is below it.
func (f *Field) Write(w io.Writer, tree bool) error {
	var out bytes.Buffer
	table := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(table, "%s:\t%s\n", name, strings.ReplaceAll(text, "\n", " "))
		}
	}
	row("FIELD", cmp.Or(f.Path, "a blueprint"))
	row("TYPE", f.Type)
	row("WHEN", f.When)
	row("REQUIRED", f.Necessity())
	row("DEFAULT", f.Default)
	row("ALLOWED", strings.Join(f.Allowed, ", "))
	row("KEYS", strings.Join(f.Keys, ", "))
	_ = table.Flush() // to a buffer, as all below
	block(&out, "", f.Doc)
	block(&out, "EXAMPLE:\n", f.Brief())
	if len(f.Fields) > 0 {
		fmt.Fprint(&out, "\nFIELDS:\n")
		below := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
		f.list(below, tree, 1)
		_ = below.Flush()
	}
	_, err := w.Write(out.Bytes())
	return err
}

func block(out *bytes.Buffer, title, text string) {
	if text != "" {
		fmt.Fprintf(out, "\n%s  %s\n", title, strings.ReplaceAll(text, "\n", "\n  "))
	}
}

// maxExample is how many lines the example of a field with fields of its own may
// have; their examples show the parts of a longer one.
const maxExample = 12

// Brief is the field's example, unless it is long and its fields have theirs.
func (f *Field) Brief() string {
	if len(f.Fields) > 0 && strings.Count(f.Example, "\n") >= maxExample {
		return ""
	}
	return f.Example
}

// Necessity says in words when the field must be given.
func (f *Field) Necessity() string {
	switch {
	case f.Required:
		return "yes"
	case f.RequiredIf != "":
		return "if " + f.RequiredIf
	case f.Path == "":
		return ""
	}
	return "no"
}

func (f *Field) list(w io.Writer, tree bool, depth int) {
	for _, one := range f.Fields {
		fmt.Fprintf(w, "%s%s\t%s\t%s\n", strings.Repeat("  ", depth), one.Name, one.Type,
			strings.Join(one.notes(), ", "))
		if tree {
			one.list(w, tree, depth+1)
		}
	}
}

// notes are what a list has room for beside a field's type.
func (f *Field) notes() []string {
	var out []string
	if need := f.Necessity(); need != "no" {
		out = append(out, strings.TrimSpace("required "+strings.TrimPrefix(need, "yes")))
	}
	if f.Default != "" {
		out = append(out, "default "+f.Default)
	}
	if f.When != "" {
		out = append(out, "if "+f.When)
	}
	return out
}

// Within is the field with the fields below it and, unless whole, without theirs.
func (f *Field) Within(whole bool) *Field {
	if whole {
		return f
	}
	out := *f
	out.Fields = make([]*Field, len(f.Fields))
	for i, below := range f.Fields {
		one := *below
		one.Fields = nil
		out.Fields[i] = &one
	}
	return &out
}
