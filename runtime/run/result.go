package run

import (
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
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
	// PeakMemory is the most memory that was held while the stage ran, in bytes: of a custom
	// stage by its commands, of a built-in stage by the process that ran it, with all else
	// that it ran meanwhile. 0 where it was reused or is unknown.
	PeakMemory int64 `json:"peak_memory_bytes,omitempty"`
	// DataSize is the size of the dataset's files in bytes, of ingest; 0 where a stage makes them.
	DataSize int64         `json:"data_size_bytes,omitempty"`
	Error    string        `json:"error,omitempty"`
	MadeAt   time.Time     `json:"made_at,omitzero"` // when the outputs were made, by this run or an earlier one
	Started  time.Time     `json:"started_at"`
	Duration time.Duration `json:"duration_ns"`
}

// Sizes says how much memory the stage held at most, and of ingest how much data there
// was; "" where neither is known.
func (r *Result) Sizes() string {
	var out []string
	if r.PeakMemory > 0 {
		out = append(out, plan.Bytes(r.PeakMemory)+" of memory")
	}
	if r.DataSize > 0 {
		out = append(out, plan.Bytes(r.DataSize)+" of data")
	}
	return strings.Join(out, ", ")
}
