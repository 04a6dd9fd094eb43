package job

import (
	"errors"
	"fmt"
)

// Word is one argument of a command line that an engine completes: a text with at
// most one value of the run in it. A value is a name and no template, so that each
// engine writes it in its own syntax and none has to read another's.
type Word struct {
	Before string `pulumi:"before"`
	Value  Value  `pulumi:"value"` // empty: Before is the whole word
	After  string `pulumi:"after"`
}

// Value names what differs from run to run, or between the pods of a stage.
type Value string

// The values.
const (
	// Run names the run: it sorts by time, and all pods of a run are given the same.
	Run Value = "run"
	// Date is the day that the run stands for; empty: the day of Due, or else the
	// day on which the run was made.
	Date Value = "date"
	// Due is when the schedule started the run, in RFC 3339. A run that a person
	// started has no such time.
	Due Value = "due"
	// Status is how the run ended. Only Args.Finish is told.
	Status Value = "status"
	// Part is the number of a pod among the Fan of its stage, from 0.
	Part Value = "part"
)

// Text returns words without values.
func Text(words ...string) []Word {
	out := make([]Word, len(words))
	for i, w := range words {
		out[i].Before = w
	}
	return out
}

// argosWords are the values in Argo's syntax.
var argosWords = map[Value]string{
	Run: "{{workflow.creationTimestamp.Y}}{{workflow.creationTimestamp.m}}{{workflow.creationTimestamp.d}}T" +
		"{{workflow.creationTimestamp.H}}{{workflow.creationTimestamp.M}}{{workflow.creationTimestamp.S}}Z-{{workflow.uid}}",
	Date: "{{workflow.parameters.date}}",
	// In a workflow that a person started Argo leaves this word as it is.
	Due:    "{{workflow.scheduledTime}}",
	Status: "{{workflow.status}}",
	Part:   "{{inputs.parameters.part}}",
}

// checkWords returns what is wrong with the values of a stage's command: one that
// there is not, a part of a stage that is one pod, and the end before it is known.
func (s *Stage) checkWords() error {
	for _, w := range s.Command {
		_, known := argosWords[w.Value]
		switch {
		case w.Value != "" && !known:
			return fmt.Errorf("no run has a value %q", w.Value)
		case w.Value == Part && s.Fan == 0:
			return errors.New("it is one pod, and its command asks for a part")
		case w.Value == Status && s.Name != finish:
			return errors.New("its command asks how the run ended, which only the last pod can be told")
		}
	}
	return nil
}

// forArgo returns the command line as Argo completes it.
func forArgo(command []Word) []string {
	out := make([]string, len(command))
	for i, w := range command {
		out[i] = w.Before + argosWords[w.Value] + w.After
	}
	return out
}
