package docs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

func TestTheReferenceOfTheErrorsIsFresh(t *testing.T) {
	var out strings.Builder
	out.WriteString("# Error codes\n\nEach problem that `ashlar check` finds has a code in brackets, which stays the same when the words change. `ashlar explain CODE` prints the same as this page.\n\n| code | meaning |\n|---|---|\n")
	for _, k := range source.Kinds() {
		fmt.Fprintf(&out, "| [%s](#%s) | %s |\n", k.Code, anchor(string(k.Code)+": "+k.Title), k.Title)
	}
	for _, k := range source.Kinds() {
		fmt.Fprintf(&out, "\n## %s: %s\n\n%s\n\n%s\n\nWrong:\n\n```cue\n%s\n```\n\nRight:\n\n```cue\n%s\n```\n", k.Code,
			k.Title, k.Cause, k.Remedy, k.Wrong, k.Right)
	}
	fresh(t, ".", map[string]string{"errors.md": out.String()})
}
