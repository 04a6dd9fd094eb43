package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/runtime/pipeline"
)

// when says which day a run stands for.
type when struct{ date, due string }

func (w *when) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.date, "date", "",
		"the date of the run, as YYYY-MM-DD (default: the scheduled day, or today)")
	c.Flags().StringVar(&w.due, "due", "", "when its schedule started it, in RFC 3339")
}

// tell puts the day into the job. Argo leaves the text of {{workflow.scheduledTime}}
// as it is in a workflow that a person started: that one was never due.
func (w *when) tell(job *pipeline.Job) error {
	job.Date = w.date
	if _, err := time.Parse(time.DateOnly, w.date); w.date != "" && err != nil {
		return fmt.Errorf("--date %q: write it as 2026-11-01", w.date)
	}
	if w.due == "" || strings.HasPrefix(w.due, "{{") {
		return nil
	}
	var err error
	if job.Due, err = time.Parse(time.RFC3339, w.due); err != nil {
		return fmt.Errorf("--due %q: write it as 2026-11-01T03:00:00Z", w.due)
	}
	return nil
}
