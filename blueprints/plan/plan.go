// Package plan is Ashlar's vocabulary: what a blueprint means once CUE has
// checked, defaulted and overlaid it. A Plan is the only thing that crosses a
// seam between packages; it is concrete, fully defaulted and deterministic.
//
// The package imports the standard library only, so that every layer, the
// runtime inside a workload included, can speak it without CUE or Pulumi.
// Nothing in a Plan says where it was written: positions stay with the loader,
// so that reformatting a blueprint never changes its digest.
package plan

// APIVersion is the version of the plan's JSON form. Decode refuses any other.
const APIVersion = "ashlar.dev/v1"

// Plan is one blueprint in one environment.
//
// Maps are keyed by the concept's name. Values are never modified after
// loading; a changed blueprint gives a new Plan with another Digest.
type Plan struct {
	APIVersion  string              `json:"apiVersion"`
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	Owner       Owner               `json:"owner"`
	Environment string              `json:"environment"`
	Seed        uint64              `json:"seed"`
	Datasets    map[string]Dataset  `json:"datasets"`
	Models      map[string]Model    `json:"models"`
	Pipelines   map[string]Pipeline `json:"pipelines"`
	Endpoints   map[string]Endpoint `json:"endpoints"`
	SLOs        map[string]SLO      `json:"slos"`
	// Pins are the versions that are served, by model.
	Pins map[string]Pin `json:"pins,omitempty"`
	// Tracking is where runs are told of; nil: nowhere.
	Tracking *Tracking `json:"tracking,omitempty"`
	// Policies are the rules about evidence that the runtime enforces, by ID.
	Policies []Policy `json:"policies,omitempty"`

	whole   string   // the digest of a text of which fields were ignored; "": none were
	ignored []string // their paths
}

// Ignored are the fields, by their paths, that Decode has left out: the plan is of a
// newer format, and says that programs which do not know them may act on it.
func (p *Plan) Ignored() []string { return p.ignored }

// Owner is who answers for the blueprint.
type Owner struct {
	Team  string `json:"team"`
	Email string `json:"email"`
}
