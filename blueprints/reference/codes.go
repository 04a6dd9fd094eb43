package reference

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// Code returns what the code of a problem means. A code that there is not is an
// UnknownError.
func Code(name string) (source.Kind, error) {
	kinds := source.Kinds()
	i := slices.IndexFunc(kinds, func(k source.Kind) bool { return string(k.Code) == strings.ToUpper(name) })
	if i >= 0 {
		return kinds[i], nil
	}
	known := make([]string, len(kinds))
	for i, k := range kinds {
		known[i] = string(k.Code)
	}
	return source.Kind{}, unknown("code", name, "", known)
}

// WriteKind explains a kind of problem to people.
func WriteKind(w io.Writer, k source.Kind) error {
	indented := func(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
	_, err := fmt.Fprintf(w, "%s: %s\n\nCAUSE:\n%s\n\nREMEDY:\n%s\n\nWRONG:\n%s\n\nRIGHT:\n%s\n",
		k.Code, k.Title, indented(k.Cause), indented(k.Remedy), indented(k.Wrong), indented(k.Right))
	return err
}
