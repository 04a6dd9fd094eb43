package pipeline

import "time"

// day is the date that the run stands for: the one that was asked for, or the day
// of the pipeline's zone on which the run fell due or, where nothing says when
// that was, began.
func (r *recipe) day(job Job, now time.Time) (string, error) {
	if job.Date != "" {
		_, err := time.Parse(time.DateOnly, job.Date)
		return job.Date, err
	}
	zone, err := r.line.Zone()
	if err != nil {
		return "", err
	}
	at := job.Due
	if at.IsZero() {
		at = began(job.ID, now)
	}
	return at.In(zone).Format(time.DateOnly), nil
}

// IDs sort by time. Those that this process makes are as idFormat; those that clusters make begin as idTime.
const (
	idFormat = "20060102T150405.000000000Z"
	idTime   = "20060102T150405Z"
)

// began is when the run of the ID did: all stages of one run agree on it, however
// late they are. An ID that does not say is of a run that begins now.
func began(id string, now time.Time) time.Time {
	at, err := time.Parse(idTime, id[:min(len(id), len(idTime))])
	if err != nil {
		return now
	}
	return at
}
