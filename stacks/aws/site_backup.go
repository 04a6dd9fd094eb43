package aws

import (
	"strconv"
	"time"

	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// backup runs the job that copies what the blueprint's workloads have recorded to
// another place, where the config names one. Each blueprint has a store of its own, and
// so a place of its own; the registry that blueprints share is in each.
func (s *site) backup() error {
	args := s.backupJob()
	if args == nil {
		return nil
	}
	j, err := job.New(s.ctx, s.name(lineage.KindBackup), args, s.options()...)
	if err != nil {
		return err
	}
	s.outputs.command(s.plan.Name, "back up now", j.Run)
	return nil
}

// backupPlace is a folder of the blueprint's own in the place that the config names.
func (s *site) backupPlace() string {
	return below(s.cfg.Backup.URL, s.cfg.Name, s.cfg.Environment, s.plan.Name)
}

// backupJob is nil where no place is configured. Two runs at once would copy the same.
func (s *site) backupJob() *job.Args {
	w := s.of(lineage.KindBackup, lineage.BackupName)
	if len(w.Grants) == 0 {
		return nil
	}
	b := s.cfg.Backup
	p := s.pod(w, sizeBackup, "backup", "--to", s.backupPlace(), "--keep", strconv.Itoa(b.Keep))
	p.DoNotDisrupt = true
	return &job.Args{
		Namespace: s.namespace, Name: w.ID(), Engine: job.CronJob, Pod: p, Labels: s.labels(w.Kind, w.Name),
		Schedule: b.Schedule, Concurrency: "forbid", Retries: 2, RetryDelay: time.Minute, Deadline: 6 * time.Hour,
		After: s.ready,
	}
}
