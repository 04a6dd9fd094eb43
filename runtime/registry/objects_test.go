package registry

import (
	"slices"
	"testing"
)

func TestTheObjectsOfARegistryAreThoseThatItsVersionsAreAndWereMadeOf(t *testing.T) {
	everywhere(t, func(t *testing.T, fresh func(*testing.T) place) {
		r := fresh(t).open(t)
		c := candidate("m", "1")
		c.Evidence = map[string]string{"validation": digest("a"), "evaluation": digest("b")}
		c.Approval.Approvers = []string{"grace"}
		register(t, r, c)
		c.Evidence = map[string]string{"validation": digest("c")}
		register(t, r, c) // renewed: the log keeps the reports of before
		register(t, r, candidate("other", "2"))
		if _, err := r.Approve(t.Context(), "m", 1,
			Decision{By: "grace", Comment: "as good as " + digest("d")}); err != nil {
			t.Fatal(err)
		}
		got, err := r.Objects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{c.ModelDigest, c.Data.Digest, digest("a"), digest("b"), digest("c"),
			candidate("other", "2").ModelDigest} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is missing", want)
			}
		}
		if slices.Contains(got, digest("d")) {
			t.Error("what somebody wrote in a comment is not an object of the registry")
		}
		if !slices.IsSorted(got) || slices.Contains(got, "") {
			t.Errorf("%q", got)
		}
	})
}
