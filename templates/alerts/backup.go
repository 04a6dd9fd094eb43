package alerts

import (
	"errors"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Backup returns the group of the job that makes backups: the last one that succeeded is
// older than two periods of its schedule. job is the CronJob's name.
func Backup(p *plan.Plan, job, schedule string, opt Options) ([]Group, error) {
	s, err := plan.ParseSchedule(schedule)
	if err != nil {
		return nil, fmt.Errorf("backup: schedule %q: %w", schedule, err)
	}
	late := int(2 * longest(s) / time.Second)
	of := map[string]string{"cronjob": job}
	labels := map[string]string{"blueprint": p.Name, "environment": p.Environment, "team": p.Owner.Team,
		"severity": Ticket}
	if opt.Namespace != "" {
		of["namespace"], labels["namespace"] = opt.Namespace, opt.Namespace
	}
	if err := errors.Join(printable("label", labels),
		printable("owner", map[string]string{"email": p.Owner.Email})); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	// One that has never succeeded has no such time; it counts from its creation.
	expr := fmt.Sprintf("time() - (\n  kube_cronjob_status_last_successful_time%[1]s\n  or on(namespace,cronjob)\n  kube_cronjob_created%[1]s\n) > %[2]d",
		selector(of), late)
	return []Group{{Name: "backup-" + p.Name, Rules: []Rule{{
		Alert: "BackupOverdue", Expr: expr, Labels: labels,
		Annotations: map[string]string{
			"summary":     fmt.Sprintf("no backup of %s has succeeded in %s", p.Name, time.Duration(late)*time.Second),
			"description": fmt.Sprintf("CronJob %s is due by %q. Its log says what is wrong; what has been copied is not copied again.", job, schedule),
			"owner":       p.Owner.Email,
		},
	}}}}, nil
}

// longest is the longest time between two runs of the schedule, in a year that has a 29th
// of February.
func longest(s plan.Schedule) time.Duration {
	if s.Every > 0 {
		return s.Every
	}
	var most time.Duration
	var last time.Time
	first := time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := first; day.Before(first.AddDate(2, 0, 0)); day = day.AddDate(0, 0, 1) {
		if s.Month>>int(day.Month())&1 == 0 || !s.On(day) {
			continue
		}
		for at := day; at.Before(day.AddDate(0, 0, 1)); at = at.Add(time.Minute) {
			if s.Hour>>at.Hour()&1 == 0 || s.Minute>>at.Minute()&1 == 0 {
				continue
			}
			if !last.IsZero() {
				most = max(most, at.Sub(last))
			}
			last = at
		}
	}
	return most
}
