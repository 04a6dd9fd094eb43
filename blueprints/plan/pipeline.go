package plan

// Pipeline brings models from data to the registry, on a schedule or on
// demand. Its built-in stages are ingest, validate, prepare, train, evaluate
// and register.
type Pipeline struct {
	Description string    `json:"description,omitempty"`
	Model       string    `json:"model"`
	Schedule    string    `json:"schedule,omitempty"` // cron or @daily; empty: on demand
	Retries     int       `json:"retries"`
	RetryDelay  string    `json:"retry_delay"`
	OnFailure   OnFailure `json:"on_failure"`
	Catchup     bool      `json:"catchup"`
}

// OnFailure says who hears of a run that failed for good.
type OnFailure struct {
	Email []string `json:"email,omitempty"`
}
