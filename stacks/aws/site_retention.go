package aws

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/stacks/aws/lineage"
)

// retention runs the job that deletes once a day what is kept of datasets
// for longer than the blueprint says. Buckets of the data themselves have a
// lifecycle where they are ours.
func (s *site) retention() error {
	args := s.retentionJob()
	if args == nil {
		return nil
	}
	j, err := job.New(s.ctx, s.name(lineage.KindRetention), args, s.options()...)
	if err != nil {
		return err
	}
	s.outputs.command(s.plan.Name, "delete what is due for its retention", j.Run)
	return nil
}

// retentionJob is nil where no dataset has a retention.
func (s *site) retentionJob() *job.Args {
	w := s.of(lineage.KindRetention, lineage.RetentionName)
	if len(w.Grants) == 0 {
		return nil
	}
	p := s.pod(w, sizeWatching, "retain")
	return &job.Args{
		Namespace: s.namespace, Name: w.ID(), Engine: job.CronJob, Pod: p, Labels: s.labels(w.Kind, w.Name),
		Schedule: daily(s.plan.Name), Retries: 1, RetryDelay: time.Minute, Deadline: time.Hour, After: s.ready,
	}
}

// daily is once a night, for each name at another minute.
func daily(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes every byte
	return fmt.Sprintf("%d 2 * * *", h.Sum32()%60)
}
