package pipeline

import "time"

// EventKind is what happened to a stage.
type EventKind string

// The kinds of events, in the order a stage emits them.
const (
	Started  EventKind = "started"
	Progress EventKind = "progress"
	Retrying EventKind = "retrying"
	Reused   EventKind = "reused"
	Done     EventKind = "done"
	Failed   EventKind = "failed"
)

// Event is one step of a run, for whoever watches. Stages may run side by side,
// so events of one may come between those of another.
type Event struct {
	Kind     EventKind     `json:"event"`
	Model    string        `json:"model"` // or the pipeline, where it has none
	Pipeline string        `json:"pipeline,omitempty"`
	Stage    string        `json:"stage"`
	Index    int           `json:"index"` // of the stage, from 0
	Count    int           `json:"count"` // number of stages
	Done     int           `json:"done,omitempty"`
	Total    int           `json:"total,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Elapsed  time.Duration `json:"elapsed_ns,omitempty"`
}
