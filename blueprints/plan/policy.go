package plan

// Level says what becomes of a finding, in CrossGuard's words.
type Level string

// The levels.
const (
	Advisory  Level = "advisory"  // it is reported
	Mandatory Level = "mandatory" // it is refused
	Remediate Level = "remediate" // it is put right where that can be done, else refused
	Disabled  Level = "disabled"  // nobody looks
)

// Refuses reports whether a finding of the level stops what it is about.
func (l Level) Refuses() bool { return l == Mandatory || l == Remediate }

// Policy is a rule about evidence as the plan carries it: lowered, so that the
// runtime judges a model version by it without CUE. Digest is that of the rule
// as it was written, the same at every point that enforces it.
type Policy struct {
	ID         string      `json:"id"` // pack/rule
	Title      string      `json:"title"`
	Level      Level       `json:"level"`
	Reason     string      `json:"reason"`
	Fix        string      `json:"fix"`
	Digest     string      `json:"digest"`
	Match      Constraint  `json:"match"` // of the evidence it speaks about
	Require    Constraint  `json:"require"`
	Exemptions []Exemption `json:"exemptions,omitempty"`
}

// Exemption takes subjects out of a rule until a day.
type Exemption struct {
	Subjects []string `json:"subjects,omitempty"` // names; none means all
	Expires  string   `json:"expires"`            // YYYY-MM-DD, in UTC; it holds through that day
	Owner    string   `json:"owner"`
	Reason   string   `json:"reason"`
}

// Evidence is what is known of a model version at the moment that somebody
// wants to register, promote or serve it, or that it is served already and is
// looked at again. Rules about evidence constrain its JSON form.
type Evidence struct {
	Point       string                  `json:"point"` // "register", "promote" or "serve"
	Blueprint   string                  `json:"blueprint"`
	Environment string                  `json:"environment"`
	Name        string                  `json:"name"` // of the model
	Version     int                     `json:"version"`
	Status      string                  `json:"status"` // "pending", "approved" or "rejected"
	Author      string                  `json:"author"`
	Algorithm   string                  `json:"algorithm"`
	TrainedAt   string                  `json:"trained_at"` // RFC 3339
	AgeDays     float64                 `json:"age_days"`   // since then
	Data        EvidenceData            `json:"data"`
	Metrics     map[string]float64      `json:"metrics"`
	Gates       map[string]EvidenceGate `json:"gates"`   // by name, such as fairness.Age.demographic_parity_ratio
	Reports     map[string]string       `json:"reports"` // evaluation, validation, ...: digest
	// different people who approved, as the blueprint counts them
	Approvals   []string `json:"approvals"`
	Approval    Approval `json:"approval"`     // what the blueprint asks for
	ModelDigest string   `json:"model_digest"` // of the file that was registered
	// of the file that is to be served; at other points the same
	FileDigest string `json:"file_digest"`
	Intact     bool   `json:"intact"` // the two are the same
	PlanDigest string `json:"plan_digest"`
}

// EvidenceData is what a version was trained on.
type EvidenceData struct {
	Source string `json:"source"`
	Digest string `json:"digest"`
}

// EvidenceGate is a gate as it was judged.
type EvidenceGate struct {
	Value  *float64 `json:"value,omitempty"`
	Want   string   `json:"want"`
	Passed bool     `json:"passed"`
}
