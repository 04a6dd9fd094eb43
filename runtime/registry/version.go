package registry

import (
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// The states of a version.
const (
	Pending  = "pending"
	Approved = "approved"
	Rejected = "rejected"
)

// Candidate is a model that asks to be registered, with its evidence.
type Candidate struct {
	Blueprint   string             `json:"blueprint"`
	Environment string             `json:"environment"`
	Model       string             `json:"model"`
	RunID       string             `json:"run_id"`
	ModelDigest string             `json:"model_digest"` // of the model file
	PlanDigest  string             `json:"plan_digest"`
	Data        Data               `json:"data"`
	Author      string             `json:"author"`
	TrainedAt   time.Time          `json:"trained_at"`
	Algorithm   string             `json:"algorithm"`
	Params      plan.Params        `json:"params,omitempty"`   // that the model has: the chosen ones, after a search
	Training    *tuning.Report     `json:"training,omitempty"` // how the parameters were chosen
	Metrics     map[string]float64 `json:"metrics"`
	Gates       []Gate             `json:"gates"`
	Evidence    map[string]string  `json:"evidence,omitempty"` // name -> digest of a report
	Approval    plan.Approval      `json:"approval"`

	// Objections are what policies have against it. They refuse it, and are
	// kept by the log alone.
	Objections []string `json:"-"`
}

// Data says what a model was trained on.
type Data struct {
	Source string `json:"source"`
	Digest string `json:"digest"`
}

// Gate is one gate as it was judged.
type Gate struct {
	Name   string   `json:"name"`
	Value  *float64 `json:"value,omitempty"` // nil: undefined
	Want   string   `json:"want"`
	Passed bool     `json:"passed"`
	Reason string   `json:"reason,omitempty"`
}

// Version is a registered candidate.
type Version struct {
	Candidate
	Version   int                `json:"version"` // from 1, a model
	Status    string             `json:"status"`
	CreatedAt time.Time          `json:"created_at"`
	Decisions []RecordedDecision `json:"decisions"`
	Aliases   []string           `json:"aliases"`
}

// Decision is somebody's word on a version.
type Decision struct {
	By      string
	Comment string
}

// RecordedDecision is a decision as the registry keeps it.
type RecordedDecision struct {
	Verdict string    `json:"verdict"` // "approved" or "rejected"
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// Serving is what an endpoint served from a time on.
type Serving struct {
	Endpoint string    `json:"endpoint"`
	Model    string    `json:"model"`
	Version  int       `json:"version"`
	Digest   string    `json:"digest"`
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until,omitzero"` // zero: still
}
