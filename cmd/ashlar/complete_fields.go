package main

import (
	"strings"

	fields "github.com/ashlar-dev/ashlar/blueprints/reference"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// fieldPaths completes the path of a field one field at a time, as a shell completes
// a file's path, and the codes of problems.
func fieldPaths(_ *app, at cursor) []string {
	if strings.HasPrefix(strings.ToUpper(at.word), "E0") {
		return codes()
	}
	root, err := fields.Blueprint()
	if err != nil {
		return nil
	}
	above, _ := cutLast(at.word, ".")
	found, err := root.Find(above)
	if err != nil {
		return nil
	}
	if above != "" {
		above += "."
	}
	var out []string
	seen := map[string]bool{}
	for _, f := range found {
		for _, below := range withoutNames(f.Fields) {
			if !seen[below.Name] {
				seen[below.Name] = true
				out = append(out, above+below.Name+"\t"+firstSentence(below.Doc))
			}
		}
	}
	return out
}

// withoutNames replaces a level of names that users choose by what is below it, since
// a path may leave such names out.
func withoutNames(level []*fields.Field) (out []*fields.Field) {
	for _, f := range level {
		if f.Name == fields.AnyName {
			out = append(out, withoutNames(f.Fields)...)
			continue
		}
		out = append(out, f)
	}
	return out
}

func codes() (out []string) {
	for _, k := range source.Kinds() {
		out = append(out, string(k.Code)+"\t"+k.Title)
	}
	return out
}

// cutLast cuts text at the last separator; before is "" where there is none.
func cutLast(text, sep string) (before, after string) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):]
	}
	return "", text
}

// firstSentence is what a list of candidates has room for: one line.
func firstSentence(doc string) string {
	one, _, _ := strings.Cut(strings.Join(strings.Fields(doc), " "), ". ")
	return strings.TrimSuffix(one, ".")
}
