package airflow

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Run is what the pods of a pipeline's run are, whichever engine starts them.
type Run struct {
	Namespace string  `json:"namespace"` // of the pods
	Name      string  `json:"name"`      // of the pipeline
	Stages    []Stage `json:"stages"`    // each after those that it comes after
	Finish    *Stage  `json:"finish"`    // runs when the others have ended, however they did; nil: nothing does
}

// Stage is one pod of a run, or several of the same where it fans out.
type Stage struct {
	Name    string         `json:"name"`
	After   []string       `json:"after"`   // names of the stages that must have ended well before
	Fan     int            `json:"fan"`     // pods side by side, told apart by the value "part"; 0: one
	Retries int            `json:"retries"` // further attempts after one that broke
	Delay   int            `json:"delay"`   // seconds before the second attempt
	Command []Word         `json:"command"` // the container's whole command line
	Pod     map[string]any `json:"pod"`     // metadata and spec of a pod template, with one container and no command
}

// Word is one argument of a command: a text with at most one value of the run in
// it, which is "run", "date", "due", "status" or "part"; empty: the text is all.
type Word struct {
	Before string `json:"before"`
	Value  string `json:"value"`
	After  string `json:"after"`
}

// Read reads a run from the values of JSON that a recorder of the stack returns. A
// field that Run does not have is an error: the DAG would leave out what it says.
func Read(values any) (Run, error) {
	var r Run
	text, err := json.Marshal(values)
	if err != nil {
		return r, fmt.Errorf("airflow: the stages of a run: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("airflow: the stages of a run: %w", err)
	}
	return r, nil
}
