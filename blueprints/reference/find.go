package reference

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// UnknownError says that there is no field, or no format, of a name.
type UnknownError struct {
	Noun string // "field" or "format"
	Name string
	In   string // of a field: the path of the field that was searched, or ""
	Hint string // the nearest name, or which there are
}

func (e *UnknownError) Error() string {
	in := ""
	if e.In != "" {
		in = " in " + e.In
	}
	return fmt.Sprintf("unknown %s %q%s; %s", e.Noun, e.Name, in, e.Hint)
}

// unknown names what there is in place of the name.
func unknown(noun, name, in string, known []string) error {
	hint := nearest.Hint(name, known)
	switch {
	case hint != "":
	case len(known) == 0:
		hint = "it has no fields"
	default:
		hint = "known are " + source.Known(name, known)
	}
	return &UnknownError{Noun: noun, Name: name, In: in, Hint: hint}
}

// Find returns the fields at a path such as "datasets.columns.anonymise": several
// where the schema has one for each condition, as models.params.max_depth has. The
// names of a user's own may be part of the path, as in
// "datasets.applications.columns", and so may the indexes of lists. An empty path is
// the blueprint. The error is an UnknownError.
func (f *Field) Find(path string) ([]*Field, error) {
	path = strings.NewReplacer("[", ".", "]", "").Replace(strings.TrimSpace(path))
	var names []string
	for _, name := range strings.Split(path, ".") {
		if name = strings.Trim(name, `"`); name != "" {
			names = append(names, name)
		}
	}
	return f.find(names, false)
}

// find is Find below f; taken says that a name of the user's own led to f already.
func (f *Field) find(names []string, taken bool) ([]*Field, error) {
	if len(names) == 0 {
		return []*Field{f}, nil
	}
	var found []*Field
	var closest error
	for _, one := range f.Fields {
		if one.Name != names[0] {
			continue
		}
		below, err := one.find(names[1:], false)
		if err != nil {
			closest = deepest(closest, err)
		}
		found = append(found, below...)
	}
	if len(found) > 0 {
		return found, nil
	}
	if entry := f.entry(names[0]); entry != nil && !taken {
		below, err := entry.find(names[1:], entry == f)
		misspelt := nearest.Name(names[0], f.names()) != ""
		if err == nil && (len(names) > 1 || !misspelt) {
			return below, nil
		}
		if err != nil && !misspelt {
			closest = deepest(closest, err)
		}
	}
	if closest != nil {
		return nil, closest
	}
	return nil, unknown("field", names[0], cmp.Or(f.Path, "a blueprint"), f.names())
}

// entry is what a name of the user's own leads to, or the index of a list; nil
// where there can be none. A map has the fields of its entries.
func (f *Field) entry(name string) *Field {
	if f.keyed || f.listed && strings.Trim(name, "0123456789") == "" {
		return f
	}
	return f.child(AnyName)
}

func (f *Field) names() []string {
	var out []string
	for _, one := range f.Fields {
		out = append(out, one.Name)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// deepest is the error of the reading that went further into the path.
func deepest(a, b error) error {
	var x, y *UnknownError
	if errors.As(a, &x) && errors.As(b, &y) && strings.Count(x.In, ".") >= strings.Count(y.In, ".") || b == nil {
		return a
	}
	return b
}
