package run

import (
	"time"

	"github.com/ashlar-dev/ashlar/runtime/artifact"
	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// Result is the result of a stage.
type Result struct {
	Stage  string `json:"stage"`
	Key    string `json:"key,omitempty"` // digest of everything it depends on
	Status Status `json:"status"`
	Reused bool   `json:"reused"`           // taken from the store
	Detail string `json:"detail,omitempty"` // a line for people
	// Outputs are digests of objects in the store, or of data, by name.
	Outputs map[string]string `json:"outputs,omitempty"`
	// Files are what a custom stage made, and Deps what it read, by path.
	Files   map[string]artifact.Artifact `json:"files,omitempty"`
	Deps    map[string]artifact.Artifact `json:"deps,omitempty"`
	Params  map[string]any               `json:"params,omitempty"` // that it was given
	Metrics map[string]float64           `json:"metrics,omitempty"`
	Log     string                       `json:"log,omitempty"` // digest of what it printed
	// Confinement is what held the stage's command, or of evaluate the server of the model, and what this machine could
	// not prevent.
	Confinement *confine.Report `json:"confinement,omitempty"`
	Attempts    int             `json:"attempts,omitempty"` // 0 where it was reused
	Error       string          `json:"error,omitempty"`
	MadeAt      time.Time       `json:"made_at,omitzero"` // when the outputs were made, by this run or an earlier one
	Started     time.Time       `json:"started_at"`
	Duration    time.Duration   `json:"duration_ns"`
}
