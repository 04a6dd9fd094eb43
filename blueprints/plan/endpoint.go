package plan

// Endpoint serves one model over HTTP.
type Endpoint struct {
	Description string   `json:"description,omitempty"`
	Model       string   `json:"model"`
	Replicas    Replicas `json:"replicas"`
	Strategy    Strategy `json:"strategy"`
	Traffic     *Traffic `json:"traffic,omitempty"`
	Limits      Limits   `json:"limits"`
	Access      *Access  `json:"access,omitempty"`
	Expose      *Expose  `json:"expose,omitempty"`
	Drift       *Drift   `json:"drift,omitempty"`
	Priority    Priority `json:"priority,omitempty"`
	Pods
}

// Replicas bound horizontal scaling.
type Replicas struct {
	Min int `json:"min"`
	Max int `json:"max"`
	// RequestsInFlight is the average in a pod above which pods are added; 0: CPU alone
	// decides.
	RequestsInFlight int `json:"requests_in_flight,omitempty"`
}

// Traffic is what an endpoint expects.
type Traffic struct {
	RequestsPerSecond float64 `json:"requests_per_second"` // on average, above 0
}

// Limits bound what one request may ask for.
type Limits struct {
	MaxBodyBytes int    `json:"max_body_bytes"`
	MaxBatchRows int    `json:"max_batch_rows"`
	Timeout      string `json:"timeout"`
}

// Drift says how live inputs and predictions are compared with the reference.
type Drift struct {
	Window  string     `json:"window"`   // a duration; a window closes after it
	MinRows int        `json:"min_rows"` // a window with fewer rows is not judged
	MaxRows int        `json:"max_rows"` // a window closes early at this size
	Tests   string     `json:"tests"`    // "auto", or a test's name for every column it applies to
	Columns []string   `json:"columns"`  // empty: every feature
	Alert   DriftAlert `json:"alert"`
	Retrain bool       `json:"retrain"`
}

// DriftAlert says when drift is worth somebody's attention: a window counts where
// the share is reached, or a named column or the predictions drifted.
type DriftAlert struct {
	Share       float64  `json:"share"`                 // dataset drifts when at least this share of columns does
	WeightedBy  string   `json:"weighted_by,omitempty"` // "importance" (empty, too) or "none"
	Columns     []string `json:"columns,omitempty"`     // each enough by itself
	Predictions *bool    `json:"predictions,omitempty"` // enough by themselves; nil: they are
	// FalseAlarmRate is for the test "auto"; 0: DefaultFalseAlarmRate.
	FalseAlarmRate float64 `json:"false_alarm_rate,omitempty"`
	Windows        int     `json:"windows"` // k: drifted windows needed ...
	Of             int     `json:"of"`      // ... of the last n
}

// DefaultFalseAlarmRate is the share of windows of unchanged traffic in which
// anything drifts, at most.
const DefaultFalseAlarmRate = 0.01

// Rate is the rate of false alarms that is to be held.
func (a DriftAlert) Rate() float64 {
	if a.FalseAlarmRate > 0 {
		return a.FalseAlarmRate
	}
	return DefaultFalseAlarmRate
}

// Weighted reports whether columns count by their importance to the model.
func (a DriftAlert) Weighted() bool { return a.WeightedBy != "none" }

// OnPredictions reports whether drift of the predictions is enough by itself.
func (a DriftAlert) OnPredictions() bool { return a.Predictions == nil || *a.Predictions }
