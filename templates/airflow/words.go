package airflow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The words of the DAG file's own that a command may hold. They ask for nothing
// but what a task's context has in Airflow 2 and in Airflow 3, where a run has no
// database behind it and one that a person started no logical date.
const (
	runName = "{{ run_name(dag_run) }}"
	runDate = "{{ run_date(dag_run) }}"
)

// said completes a command with what Airflow knows. How the run went and when it
// was scheduled are left out, with the argument that they are in: the pod that ends
// it sees what its stages came to, and its date says the day.
func said(command []Word, part int) ([]string, error) {
	values := map[string]string{"": "", "run": runName, "date": runDate, "part": strconv.Itoa(part)}
	var out []string
	for _, w := range command {
		if w.Value == "status" || w.Value == "due" {
			continue
		}
		value, ok := values[w.Value]
		if !ok {
			return nil, fmt.Errorf("airflow has no word for %q in its command", w.Value)
		}
		out = append(out, inert(w.Before)+value+inert(w.After))
	}
	return out, nil
}

// inert is a text that means itself in a template of Jinja, in which every
// expression, statement and comment begins with a brace.
func inert(text string) string { return strings.ReplaceAll(text, "{", "{{ '{' }}") }

// Notes say what Airflow does otherwise than the blueprint asks for.
func Notes(line plan.Pipeline) []string {
	var out []string
	if line.Schedule != "" {
		switch line.Concurrency {
		case plan.Replace:
			out = append(out, "concurrency \"replace\": Airflow does not end a run for the next one, which waits until the one under way has ended.")
		case plan.Allow:
			out = append(out, "concurrency \"allow\": at most 16 runs are under way at once.")
		default:
			out = append(out, "concurrency \"forbid\": Airflow begins the newest run that fell due while another was under way once that one has ended, and does not leave it out.")
		}
		if !line.Catchup {
			out = append(out, "catchup false: Airflow begins the newest run that was missed while nothing was up however late it is, and does not leave it out after ten minutes.")
		}
	}
	if s, err := plan.ParseSchedule(line.Schedule); err == nil && s.Every > 0 {
		out = append(out, "@every: Airflow counts from the start date, and not from 1970.")
	} else if zone, zoneErr := line.Zone(); err == nil && zoneErr == nil && s.Moved(zone) {
		out = append(out, "On a day whose clocks go forward past the time of the schedule the run begins as much later, and where they go back, at the second time that the clock shows.")
	}
	return append(out, "retries: Airflow also repeats an attempt that found the data or the model wanting.")
}

// wrap breaks a note into lines of a docstring, in which no character means
// anything to Python: notes are ours, without quotes at the end and backslashes.
func wrap(text string) string {
	var out strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
		case column+1+len(word) > 79:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
