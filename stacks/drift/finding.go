// Package drift finds configuration drift: where a cluster or an AWS account
// differs from what the blueprint and the stack's config say. (Package
// runtime/drift is about another thing, the drift of a model's data.)
//
// This package has the findings, what they are classified by, and how they are written
// down; package live finds them in a cluster. The CLI links this one alone: a
// Kubernetes client is the business of ashlar-stack.
package drift

import (
	"cmp"
	"slices"
)

// Class says what a difference puts at risk.
type Class string

// The classes, the most urgent first.
const (
	Security Class = "security" // who may do what, and which code runs
	Data     Class = "data"     // what would be lost, or kept too long
	Cost     Class = "cost"     // size and number of what is paid for
	Benign   Class = "benign"   // labels, annotations, tags
)

// Classes returns all classes, the most urgent first.
func Classes() []Class { return []Class{Security, Data, Cost, Benign} }

// The changes.
const (
	Changed = "changed" // the value differs
	Added   = "added"   // there is more than the program says
	Removed = "removed" // a field that the program sets is gone
	Missing = "missing" // the whole object is gone
	Unknown = "unknown" // an object that the program does not make
)

// Finding is one difference.
type Finding struct {
	Object   string `json:"object"` // "NetworkPolicy credit/deny-all", or the name of a resource on AWS
	Path     string `json:"path,omitempty"`
	Change   string `json:"change"`
	Expected string `json:"expected,omitempty"` // JSON, cut where it is long
	Found    string `json:"found,omitempty"`
	By       string `json:"by,omitempty"` // the field manager that set it last
	At       string `json:"at,omitempty"` // when, RFC 3339
	Class    Class  `json:"class"`
	Why      string `json:"why"`    // what the class is derived from
	Advice   string `json:"advice"` // what to do
	// Origin is the field of a blueprint that could take the value that was found; zero
	// where there is none, and for the class security always.
	Origin Origin `json:"origin,omitzero"`
}

// Report is the result of one comparison.
type Report struct {
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes,omitempty"` // what could not be compared, and why
	Compared int       `json:"compared"`        // objects
}

// Label is how findings name a Kubernetes object.
func Label(kind, namespace, name string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	return kind + " " + name
}

// Only keeps the findings of the classes.
func (r Report) Only(classes []Class) Report {
	kept := []Finding{}
	for _, f := range r.Findings {
		if slices.Contains(classes, f.Class) {
			kept = append(kept, f)
		}
	}
	r.Findings = kept
	return r
}

// Count returns how many findings have the class.
func (r Report) Count(c Class) int {
	n := 0
	for _, f := range r.Findings {
		if f.Class == c {
			n++
		}
	}
	return n
}

// Serious reports whether any finding is more than benign.
func (r Report) Serious() bool { return len(r.Findings) > r.Count(Benign) }

// Sorted puts the findings in the order of urgency, then of object and path, and drops
// what is there twice.
func Sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Classes(), a.Class), slices.Index(Classes(), b.Class)),
			cmp.Compare(a.Object, b.Object), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Change, b.Change))
	})
	return slices.CompactFunc(all, func(a, b Finding) bool {
		return a.Object == b.Object && a.Path == b.Path && a.Change == b.Change
	})
}
