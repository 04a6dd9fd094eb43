package plan

import (
	"fmt"
	"time"
)

// Pipeline brings models from data to the registry, on a schedule or on
// demand. Its built-in stages are ingest, validate, prepare, train, evaluate
// and register; its own are beside them.
type Pipeline struct {
	Description string           `json:"description,omitempty"`
	Model       string           `json:"model,omitempty"` // empty: only stages of its own
	Stages      map[string]Stage `json:"stages,omitempty"`
	// Builtin says what the pods of built-in stages get, by stage. In a blueprint it is
	// among the stages, as one without a command.
	Builtin map[string]Pods `json:"builtin,omitempty"`
	// Resources are those of every stage that states none itself; it has no GPU.
	Resources   *Resources     `json:"resources,omitempty"`
	Priority    Priority       `json:"priority,omitempty"`    // of its pods
	Params      map[string]any `json:"params,omitempty"`      // values that stages name
	Parallelism int            `json:"parallelism,omitempty"` // stages at once; 0: the number of cores
	// pods of a cluster that validate and search; 0: one each
	FanOut      int         `json:"fan_out,omitempty"`
	Schedule    string      `json:"schedule,omitempty"` // cron or @daily; empty: on demand
	Timezone    string      `json:"timezone,omitempty"` // of the schedule and of dates; empty: DefaultTimezone
	Concurrency Concurrency `json:"concurrency"`
	Catchup     bool        `json:"catchup"`
	Retries     int         `json:"retries"` // of a stage
	RetryDelay  string      `json:"retry_delay"`
	Timeout     string      `json:"timeout,omitempty"` // of a run; empty: DefaultTimeout
	OnFailure   OnFailure   `json:"on_failure"`
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

// Attempts are how often a stage is tried again after a failure, and after which
// delay at first: what it says itself, else the pipeline, else
// DefaultRetryDelay. Own is nil of a built-in stage.
func (p Pipeline) Attempts(own *Stage) (again int, delay time.Duration, err error) {
	again, text := p.Retries, p.RetryDelay
	if own != nil && own.Retries != nil {
		again = *own.Retries
	}
	if own != nil && own.RetryDelay != "" {
		text = own.RetryDelay
	}
	if text == "" {
		return again, DefaultRetryDelay, nil
	}
	if delay, err = ParseDuration(text); err != nil {
		return 0, 0, fmt.Errorf("retry_delay: %w", err)
	}
	return again, delay, nil
}

// Deadline is how long a run as a whole may take.
func (p Pipeline) Deadline() (time.Duration, error) {
	if p.Timeout == "" {
		return DefaultTimeout, nil
	}
	d, err := ParseDuration(p.Timeout)
	if err != nil {
		return 0, fmt.Errorf("timeout: %w", err)
	}
	return d, nil
}
