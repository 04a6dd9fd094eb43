package pipeline

import "time"

// EventKind is what happened to a stage.
type EventKind string

// The kinds of events, in the order a stage emits them: the last is StageReused, StageDone or StageFailed. How a stage
// or a run is recorded to have ended is a run.Status.
const (
	StageStarted  EventKind = "started"
	StageProgress EventKind = "progress"
	StageRetrying EventKind = "retrying"
	StageReused   EventKind = "reused"
	StageDone     EventKind = "done"
	StageFailed   EventKind = "failed"
)

// Event is one step of a run, for whoever watches. Stages may run side by side, so events of one may come between those
// of another.
type Event struct {
	Kind     EventKind     `json:"event"`
	Unit     string        `json:"model"` // as Unit of run.Run
	Pipeline string        `json:"pipeline,omitempty"`
	Stage    string        `json:"stage"`
	Index    int           `json:"index"` // of the stage, from 0
	Count    int           `json:"count"` // number of stages
	Done     int           `json:"done,omitempty"`
	Total    int           `json:"total,omitempty"`
	Detail   string        `json:"detail,omitempty"`
	Elapsed  time.Duration `json:"elapsed_ns,omitempty"` // since the stage began
}
