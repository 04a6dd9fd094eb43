// Package edit writes single values into the CUE that people wrote: it changes the text
// of the value, or adds one field, and leaves every other byte as it is. Formatting the
// whole file, or writing it from an evaluated value, would make a change of one number
// unreadable in a pull request.
package edit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// Value is a number or a text: what a field may become.
type Value struct {
	text string // as CUE
}

// Int is a whole number.
func Int(n int) Value { return Value{strconv.Itoa(n)} }

// String is a text.
func String(s string) Value { return Value{literal.String.Quote(s)} }

// String is the value as CUE.
func (v Value) String() string { return v.text }

// ComputedError is a field that cannot be written, since an expression gives its value.
type ComputedError struct {
	File string
	Line int
}

// Error says where the expression is.
func (e *ComputedError) Error() string {
	return fmt.Sprintf("an expression in %s:%d gives the value", e.File, e.Line)
}

// Set returns the files, by name, in which the field at the path has the value. Where the
// field is written already its value is replaced, everywhere; else the field is added to
// the deepest struct of the path that is written. The texts that are given are not
// changed. It returns *ComputedError where the field's value is no number or text.
//
// Only what is written out is followed: references, comprehensions and definitions are
// not. Whoever calls loads the result to see whether it means what it should.
func Set(files map[string][]byte, path []string, value Value) (map[string][]byte, error) {
	all, err := parse(files)
	if err != nil {
		return nil, err
	}
	var scopes []scope
	for _, f := range all {
		scopes = append(scopes, f.root()...)
	}
	var spans []span
	for depth, name := range path {
		var next []scope
		last := depth == len(path)-1
		for _, s := range scopes {
			for _, e := range s.values(name) {
				next = append(next, s.within(e)...)
				if !last {
					continue
				}
				if _, ok := e.(*ast.BasicLit); !ok {
					return nil, &ComputedError{s.file.name, e.Pos().Line()}
				}
				spans = append(spans, span{s.file, e.Pos().Offset(), e.End().Offset(), value.text})
			}
		}
		if len(spans) == 0 && len(next) == 0 {
			if len(scopes) == 0 {
				return nil, fmt.Errorf("no file to write %s into", join(path))
			}
			spans = append(spans, scopes[0].add(field(path[depth:], value)))
			break
		}
		scopes = next
	}
	out := maps.Clone(files)
	// From the end, so that earlier places stay where they are.
	slices.SortStableFunc(spans, func(a, b span) int { return b.from - a.from })
	for _, s := range spans {
		out[s.file.name] = slices.Concat(out[s.file.name][:s.from], []byte(s.text), out[s.file.name][s.to:])
	}
	_, err = parse(out) // a text that does not parse is a defect here
	return out, err
}

// span is a part of a file's text and what replaces it.
type span struct {
	file     *file
	from, to int
	text     string
}

type file struct {
	name string
	text []byte
	cue  *ast.File
}

// parse reads the files in the order of their names.
func parse(files map[string][]byte) ([]*file, error) {
	var out []*file
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(name, files[name], parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, &file{name, files[name], f})
	}
	return out, nil
}

// field is a field as text: "a: b: 1".
func field(path []string, value Value) string {
	return join(path) + ": " + value.text
}

func join(path []string) string {
	text := ""
	for i, name := range path {
		if i > 0 {
			text += ": "
		}
		if ast.StringLabelNeedsQuoting(name) {
			name = literal.String.Quote(name)
		}
		text += name
	}
	return text
}

// labelled reports whether the field is a regular one of the name.
func labelled(f *ast.Field, name string) bool {
	if f.Constraint != token.ILLEGAL {
		return false
	}
	got, isIdent, err := ast.LabelName(f.Label)
	return err == nil && got == name && (!isIdent || !ast.StringLabelNeedsQuoting(name))
}
