package plan

// Pipeline brings models from data to the registry, on a schedule or on
// demand. Its built-in stages are ingest, validate, prepare, train, evaluate
// and register; its own stand beside them.
type Pipeline struct {
	Description string           `json:"description,omitempty"`
	Model       string           `json:"model,omitempty"` // empty: only stages of its own
	Stages      map[string]Stage `json:"stages,omitempty"`
	Params      map[string]any   `json:"params,omitempty"`      // values that stages name
	Parallelism int              `json:"parallelism,omitempty"` // stages at once; 0: the number of cores
	FanOut      int              `json:"fan_out,omitempty"`     // pods of a cluster that validate and search; 0: one each
	Schedule    string           `json:"schedule,omitempty"`    // cron or @daily; empty: on demand
	Concurrency Concurrency      `json:"concurrency"`
	Catchup     bool             `json:"catchup"`
	Retries     int              `json:"retries"` // of a stage
	RetryDelay  string           `json:"retry_delay"`
	Timeout     string           `json:"timeout,omitempty"` // of a run
	OnFailure   OnFailure        `json:"on_failure"`
}

// Concurrency is what a run does that begins while another is under way.
type Concurrency string

// The policies: it is left out, it runs beside, it ends the other.
const (
	Forbid  Concurrency = "forbid"
	Allow   Concurrency = "allow"
	Replace Concurrency = "replace"
)

// OnFailure says who hears of a run that failed for good.
type OnFailure struct {
	Email   []string `json:"email,omitempty"`
	Webhook string   `json:"webhook,omitempty"`
}
