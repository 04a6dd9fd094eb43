// Package consequence says the result of a change of a blueprint: given a plan
// before and after, which data and rules moved, which stages rerun and which
// models retrain, what was loosened, what rolls out, which policies turn.
//
// It is pure: it reads no file, runs no git and knows no CUE, so that the same
// comparison serves a terminal, a pull request and a test table. What it needs
// from elsewhere (the stages' dependences, the policies' verdicts, which data
// files moved) is handed to it as plain values.
//
// Whatever lets through something that was stopped before counts as loosened,
// also where the same edit stops something else: reviewers must see it.
package consequence

import (
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Effect is what a change does.
type Effect string

// The effects.
const (
	Loosened  Effect = "loosened"  // something passes that did not
	Tightened Effect = "tightened" // something passes no longer, and nothing more does
	Added     Effect = "added"
	Removed   Effect = "removed"
	Changed   Effect = "changed"
	Reruns    Effect = "reruns"    // a stage
	Retrains  Effect = "retrains"  // a model
	RollsOut  Effect = "rolls out" // an endpoint
	Replaces  Effect = "replaces"  // a resource is deleted and made again
	Loses     Effect = "loses data"
	Refused   Effect = "refused" // a policy refuses it now
	Advised   Effect = "advised" // a policy advises against it now
	Passes    Effect = "passes"  // a policy objects no longer
)

// Section groups changes for readers.
type Section string

// The sections, in the order in which they are shown.
const (
	Policies  Section = "policies"
	Gates     Section = "gates and approvals"
	SLOs      Section = "slos"
	Data      Section = "datasets"
	Models    Section = "models"
	Stages    Section = "stages"
	Pipelines Section = "pipelines"
	Endpoints Section = "endpoints"
	Access    Section = "permissions"
	Infra     Section = "infrastructure"
	Other     Section = "other"
)

var sections = []Section{Policies, Gates, SLOs, Data, Models, Stages, Pipelines, Endpoints, Access, Infra, Other}

// Change is one consequence. Texts from the blueprint are made printable, on
// one line and of bounded length.
type Change struct {
	Section      Section  `json:"section"`
	Subject      string   `json:"subject"` // "model default-risk"
	Effect       Effect   `json:"effect"`
	Message      string   `json:"message"`
	Environments []string `json:"environments,omitempty"`
	// Path leads to the value in the plan; empty where there is none.
	Path []string `json:"path,omitempty"`
}

// Stage is what a stage's key depends on: values of the plan by digest, and
// outputs of earlier stages.
type Stage struct {
	Name  string
	Plan  map[string]string
	Reads map[string][2]string // name -> stage, output
}

// Verdict is what a policy says of a subject.
type Verdict struct {
	Policy, Subject, Message string
	Refuses                  bool
	Exempt                   bool // it would object, but for an exemption
}

// Side is a blueprint in one environment at one revision.
type Side struct {
	Plan     *plan.Plan
	Stages   map[string][]Stage // by model, in their order
	Verdicts []Verdict
	// Resources are the result of the plan on AWS; nil where nobody recorded them.
	Resources []Resource
}

// Compare returns what it takes to get from base to head, in order. Either may
// be nil: the environment was not there, or is there no longer. moved has the
// data files that changed, by dataset.
func Compare(base, head *Side, moved map[string][]string) []Change {
	return Comparer{}.Compare(base, head, moved)
}

// Comparer compares with what a comparison may be told besides.
type Comparer struct {
	Prices Prices // the zero value tells no cost
}

// Compare compares as the function of that name does.
//
// The order of the parts is not the order of the result, which Merge makes. rollouts
// must follow fields and stages, as it relies on what they have noted.
func (k Comparer) Compare(base, head *Side, moved map[string][]string) []Change {
	c := comparer{base: base, head: head, moved: moved, prices: k.Prices, touched: map[string]bool{},
		retrain: map[string]bool{}}
	switch {
	case base == nil && head == nil:
		return nil
	// Its fields are not listed one by one; stages and verdicts still are, below.
	case base == nil:
		c.add(Other, "environment "+head.Plan.Environment, Added, "is new: everything in it is", nil)
	case head == nil:
		c.add(Other, "environment "+base.Plan.Environment, Removed, "was removed; its resources must be destroyed", nil)
		return c.out
	case base.Plan != head.Plan:
		c.fields(tree(base.Plan), tree(head.Plan))
	}
	c.data()
	c.stages()
	c.rollouts()
	c.verdicts()
	c.infrastructure()
	return c.out
}

// comparer gathers the changes of one environment.
type comparer struct {
	base, head *Side // base may be nil
	moved      map[string][]string
	prices     Prices
	out        []Change
	// Filled by fields and stages, and read by rollouts.
	touched map[string]bool // endpoints of which something changed
	retrain map[string]bool // models
}

// add notes a change. Every text is made printable and bounded here, in one place,
// so that none that comes from a blueprint is forgotten.
func (c *comparer) add(s Section, subject string, e Effect, message string, path []string) {
	c.out = append(c.out, Change{Section: s, Subject: printable(subject, maxSubject), Effect: e,
		Message: printable(message, maxMessage), Path: slices.Clone(path)})
}

// before is the plan before; an empty one where there was none.
func (c *comparer) before() *plan.Plan {
	if c.base == nil {
		return &plan.Plan{}
	}
	return c.base.Plan
}
