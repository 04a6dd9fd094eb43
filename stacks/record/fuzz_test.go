package record

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Whatever text is around it, a placeholder is found, and nothing else is
// touched.
func FuzzExpand(f *testing.F) {
	f.Add("arn:", "/*")
	f.Add("7012", "1234")
	f.Add("${", "}")
	f.Add("\x00\xff", "é")
	f.Add(mark, "0")
	r, err := Program(f.Context(), func(ctx *pulumi.Context) error {
		_, err := newBucket(ctx, "data", nil)
		return err
	}, Run{Project: "p", Stack: "s"})
	if err != nil {
		f.Fatal(err)
	}
	token := ""
	for candidate, ref := range r.refs {
		if strings.Join(ref.Path, ".") == "arn" {
			token = candidate
		}
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		got, err := r.Expand(before+token+after, func(Reference) (string, error) { return "<>", nil }, nil)
		if err != nil {
			if !strings.Contains(before+after, mark[:1]) {
				t.Fatalf("%q and %q: %v", before, after, err)
			}
			return
		}
		if !strings.Contains(got, "<>") {
			t.Errorf("the placeholder between %q and %q is not found: %q", before, after, got)
		}
	})
}
