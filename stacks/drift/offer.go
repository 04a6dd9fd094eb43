package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Offer is a value of the cluster that a blueprint can take.
type Offer struct {
	Origin
	File     string    `json:"file"`     // with the blueprint's field
	Value    string    `json:"value"`    // as CUE
	Findings []Finding `json:"findings"` // one; of memory two, its request and its limit
}

// SortOffers puts offers in the order of blueprint, environment and field.
func SortOffers(all []Offer) {
	slices.SortFunc(all, func(a, b Offer) int {
		return cmp.Or(cmp.Compare(a.Blueprint, b.Blueprint), cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.Field, b.Field))
	})
}

// Identity is the same text for the same values of the same fields, whoever has set them
// and however often.
func Identity(offers []Offer) string {
	var out strings.Builder
	for _, o := range offers {
		fmt.Fprintf(&out, "%q %q %q %q\n", o.Blueprint, o.Environment, o.Field, o.Value)
	}
	return out.String()
}

// Proposal describes a pull request that writes the offers into the blueprints. As in
// Report.Markdown, what comes from a cluster is in code spans. It lists at most maxRows
// offers: longer texts than GitHub takes would be of no use to a reviewer.
func Proposal(offers []Offer) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("What runs differs from what the blueprint says in values that the blueprint has fields for.\n")
	line("- Merge: the blueprint takes the values of the cluster, and the next deployment leaves them there.")
	line("- Close, then `pulumi up`: the cluster goes back to what the blueprint says. For the same values this pull request is not opened again; they are in the issue about configuration drift as long as they differ.")
	line("- To take some of them only, close this and change the blueprint by hand: what others push to this branch is replaced.\n")
	for i, o := range offers {
		if i == maxRows {
			line("%d more are in the changed files.", len(offers)-maxRows)
			break
		}
		line("### %s in %s: %s", code(o.Field), code(o.Environment), code(o.Value))
		for _, f := range o.Findings {
			by := ""
			if f.By != "" {
				by = ", set by " + code(strings.TrimSpace(f.By+" "+f.At))
			}
			line("- Found: %s %s is %s%s; the blueprint gives %s.", code(f.Object), code(f.Path), code(f.Found), by,
				orNone(code(f.Expected)))
		}
		line("- Merge: %s in %s becomes %s.", code(o.Field), code(o.File), code(o.Value))
		for _, f := range o.Findings {
			line("- Close, then `pulumi up`: %s becomes %s again.", code(f.Path), orNone(code(f.Expected)))
		}
		line("")
	}
	return out.String()
}

func orNone(text string) string { return cmp.Or(text, "absent") }
