// Package policies enforces rules that are written once, as CUE constraints.
//
// A pack is a folder of CUE (pack.go) whose rules are compiled (compile.go) to a
// canonical form, which gives each rule its digest, and to a constraint that
// needs no CUE (package lower). The same rule then holds at four points: on the
// plan (check.go), on resources in a Pulumi preview (resource.go), at a
// Kubernetes API server (package admission) and in the runtime, which finds it
// in the plan (Attach). A rule that cannot be lowered is judged by CUE where CUE
// is available, and says when it is compiled where it is not.
//
// Several packs make a Set (set.go): those that ship, and the user's beside
// them, which may tighten ours, set what ours leave open and exempt by name
// until a day.
package policies

import "github.com/ashlar-dev/ashlar/blueprints/plan"

// About is what a rule looks at.
type About string

// What rules are about.
const (
	Blueprint About = "blueprint"
	Dataset   About = "dataset"
	Model     About = "model"
	Endpoint  About = "endpoint"
	SLO       About = "slo"
	Resource  About = "resource" // what Pulumi makes
	Evidence  About = "evidence" // on a model version, in the runtime
)

// Rule is one compiled policy. It is immutable and safe for concurrent use.
type Rule struct {
	ID         string // pack/rule
	Title      string
	Level      plan.Level
	About      About
	Reason     string
	Fix        string
	References []string
	Conceal    []string // names of fields whose values are not shown
	Digest     string   // of what it asks for: its words may change, this may not
	File       string   // where it is written
	Line, Col  int
	Match      string // as canonical CUE; "" matches all
	Require    []string
	Tightened  []string // why, by each pack that asks for more
	Cases      []Case
	Remedy     map[string]any // values that put a resource right
	Config     map[string]any // what may be set, as it is set
	Stack      bool           // it looks at what uses the resource, so it needs the whole stack
	// NotLowered says why only CUE can judge it, and is "" where that is not so.
	NotLowered string

	// The compiled and the plain form of each: matchers judge here, constraints are
	// what Attach puts into a plan and admission translates.
	match    *plan.Matcher
	matches  plan.Constraint
	require  *plan.Matcher // nil where NotLowered
	required plan.Constraint
}

// Case is an example that a rule is tested with.
type Case struct {
	Name      string
	Kind      string // "pass", "fail" or "skip"
	Subject   map[string]any
	File      string
	Line, Col int
}
